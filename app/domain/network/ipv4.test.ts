import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contains, formatCidr, formatIpv4, isPrivate, overlap, parseCidr, parseIpv4, sizeOf } from "./ipv4.ts";

const address = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const range = fc.tuple(address, fc.integer({ min: 0, max: 32 })).map(([a, bits]) => ({ base: a - (a % 2 ** (32 - bits)), bits }));

describe("IPv4", () => {
  it("reads what it prints", () => {
    fc.assert(
      fc.property(address, (a) => {
        expect(parseIpv4(formatIpv4(a))).toBe(a);
      }),
    );
    fc.assert(
      fc.property(range, (r) => {
        expect(parseCidr(formatCidr(r))).toEqual(r);
      }),
    );
  });

  it("never throws and never accepts anything but its own form", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parseCidr(text);
        if (parsed) expect(formatCidr(parsed)).toBe(text);
      }),
    );
  });

  it.each(["", "10.0.0", "10.0.0.256", "010.0.0.1", " 10.0.0.1", "1.2.3.4.5", "a.b.c.d"])("refuses the address %j", (text) => {
    expect(parseIpv4(text)).toBeNull();
  });

  it.each(["10.0.0.1/24", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/024", "10.0.0.0"])("refuses the range %j", (text) => {
    expect(parseCidr(text)).toBeNull();
  });

  it("finds overlap exactly where an address lies in both", () => {
    fc.assert(
      fc.property(range, range, (a, b) => {
        expect(overlap(a, b)).toBe(overlap(b, a));
        expect(overlap(a, b)).toBe(contains(a, b.base) || contains(b, a.base));
      }),
    );
  });

  it("counts addresses", () => {
    expect(sizeOf({ base: 0, bits: 24 })).toBe(256);
  });

  it("knows private space, and ranges that stick out of it", () => {
    expect(
      ["10.96.0.0/12", "172.16.0.0/12", "192.168.1.0/24", "100.64.0.0/10"].map((t) => isPrivate(parseCidr(t) ?? { base: 0, bits: 0 })),
    ).toEqual([true, true, true, true]);
    expect(["8.8.8.0/24", "0.0.0.0/0", "172.0.0.0/8"].map((t) => isPrivate(parseCidr(t) ?? { base: 0, bits: 0 }))).toEqual([
      false,
      false,
      false,
    ]);
  });
});
