import { expect, test } from "vitest";
import { absoluteTime, bytesOf, clockOf, gibOf, relativeTime } from "./amounts.ts";

test("durations read as a clock", () => {
  expect([0, 9.7, 250, 3729, -5].map(clockOf)).toEqual(["0:00", "0:09", "4:10", "1:02:09", "0:00"]);
});

test("memory and sizes carry at most one digit after the point", () => {
  expect([2048, 1536, 1000].map(gibOf)).toEqual(["2", "1.5", "1"]);
  expect([12, 1536, 1.44 * 1024 ** 3].map(bytesOf)).toEqual(["12 B", "1.5 KiB", "1.4 GiB"]);
});

test("times are relative in the reader's language and absolute with their zone", () => {
  const now = Date.UTC(2026, 10, 20, 9, 30);
  expect(relativeTime(now - 3 * 60_000, now, "en")).toBe("3 minutes ago");
  expect(relativeTime(now - 90_000_000, now, "ko")).toBe("어제");
  expect(relativeTime(now - 20_000, now, "en")).toBe("now");
  expect(absoluteTime(now, "UTC")).toBe("2026-11-20 09:30:00 UTC");
});
