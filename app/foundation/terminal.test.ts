import { describe, expect, it } from "vitest";
import { about, seconds, stamped, startOf } from "./terminal.ts";

describe("times in the terminal", () => {
  it.each([
    [0, "0 s"],
    [59.4, "59 s"],
    [60, "1 min"],
    [75, "1 min 15 s"],
  ])("%d s", (value, text) => expect(seconds(value)).toBe(text));

  it("rounds estimates as a person would", () => {
    expect(about(42)).toBe("about 50 s");
    expect(about(900)).toBe("about 15 min");
  });

  it("stamps a line with the time since the start", () => expect(stamped(0, 65_000, "x")).toBe("[ 1:05] x"));
});

it("continues with the time of the program that started this one", () => {
  expect(startOf(["node", "launch.ts", "--started-at=1000"], 61_000)).toBe(1_000);
  expect(startOf(["node", "launch.ts"], 61_000)).toBe(61_000);
  expect(startOf(["node", "launch.ts", "--started-at=yesterday"], 61_000)).toBe(61_000);
});
