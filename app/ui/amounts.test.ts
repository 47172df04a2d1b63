import { expect, test } from "vitest";
import { absoluteTime, ageOf, bytesOf, clockOf, gibOf, relativeTime, spokenDuration } from "./amounts.ts";

test("durations read as a clock", () => {
  expect([0, 9.7, 250, 3729, -5].map(clockOf)).toEqual(["0:00", "0:09", "4:10", "1:02:09", "0:00"]);
});

test("a duration in a text, and an age, are words of the reader's language", () => {
  const of = (language: string) => [0, 2.9, 60, 247, 3729, 90_000, -5].map((seconds) => spokenDuration(seconds, language));
  expect(of("en")).toEqual(["0 seconds", "2 seconds", "1 minute", "4 minutes 7 seconds", "1 hour 2 minutes", "1 day 1 hour", "0 seconds"]);
  expect(of("ko")).toEqual(["0초", "2초", "1분", "4분 7초", "1시간 2분", "1일 1시간", "0초"]);
  expect([20, 360, 7_300, 259_200, -5].map((seconds) => ageOf(0, seconds * 1000, "en"))).toEqual([
    "< 1 minute",
    "6 minutes",
    "2 hours",
    "3 days",
    "< 1 minute",
  ]);
  expect(ageOf(0, 360_000, "ko")).toBe("6분");
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
