import { describe, expect, it } from "vitest";
import { tscKhzFrom, tscKhzOf } from "./host-clock.ts";

const cpuInfo = (flags: string, mhz: string): string =>
  `processor\t: 0\ncpu MHz\t\t: ${mhz}\nflags\t\t: fpu tsc ${flags}\n\nprocessor\t: 1\n`;

describe("the rate of the host's counter", () => {
  it("is what Linux prints where that is no momentary speed", () => {
    expect(tscKhzFrom(cpuInfo("constant_tsc nonstop_tsc", "2596.122"))).toBe(2_596_000);
  });

  it.each([
    ["the speed varies", cpuInfo("constant_tsc aperfmperf", "3391.004")],
    ["the counter's rate varies", cpuInfo("", "2596.122")],
    ["nothing is printed", cpuInfo("constant_tsc", "")],
    ["there is no such file", ""],
  ])("is unknown when %s", (_, text) => {
    expect(tscKhzFrom(text)).toBeNull();
  });

  it("is unknown of another machine", async () => {
    expect(await tscKhzOf("qemu+ssh://kvm-1/system")).toBeNull();
  });
});
