import { expect, test } from "vitest";
import { clockCheck, serverClock } from "./server-clock.ts";

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

/** A browser whose clocks are moved by hand, and a server that answers `serverNow`, or nothing. */
function checked() {
  const browser = { wall: 1_700_000_000_000, monotonic: 5_000 };
  const server: { now: number | null; asked: number } = { now: 1_700_000_600_000, asked: 0 };
  const set: number[] = [];
  const ask = async () => {
    server.asked += 1;
    return server.now;
  };
  const check = clockCheck({ clocks: () => ({ ...browser }), ask, set: (now) => void set.push(now) });
  return { browser, server, set, check };
}

test.each([
  ["slept for ten minutes", 600_000, 1_000],
  ["slept for six seconds", 6_000, 0],
  ["had its clock put back by an hour", -hour, 1_000],
])("a browser that %s takes the time from the server, once", async (_what, wall, monotonic) => {
  const { browser, server, set, check } = checked();
  browser.wall += wall;
  browser.monotonic += monotonic;
  await check();
  await check();
  expect([set, server.asked]).toEqual([[server.now], 1]);
});

test("while both clocks run alike, the server is not asked", async () => {
  const { browser, server, check } = checked();
  for (let i = 0; i < 100; i++) {
    browser.wall += 15_020;
    browser.monotonic += 15_000;
    await check();
  }
  expect(server.asked).toBe(0);
});

test("a server that cannot be reached yet is asked again", async () => {
  const { browser, server, set, check } = checked();
  browser.wall += hour;
  server.now = null;
  await check();
  server.now = 1_700_003_600_000;
  await check();
  expect([set, server.asked]).toEqual([[1_700_003_600_000], 2]);
});
