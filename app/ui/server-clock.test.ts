import { expect, test } from "vitest";
import { serverClock } from "./server-clock.ts";

const hour = 3_600_000;

test.each([-hour, 0, hour, 30 * 24 * hour])("a browser whose wall clock is off by %d ms still reads the server's time", (off) => {
  const realNow = Date.now;
  Date.now = () => realNow() + off;
  let monotonic = 5_000;
  const read = serverClock(1_700_000_000_000, 5_000, () => monotonic);
  monotonic += 90_000;
  Date.now = realNow;
  expect(read()).toBe(1_700_000_090_000);
});

test("never reads earlier than the server said", () => {
  expect(serverClock(1_000, 50, () => 20)()).toBe(1_000);
});
