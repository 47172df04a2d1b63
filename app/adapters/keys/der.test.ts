import { describe, expect, it } from "vitest";
import * as der from "./der.ts";

const hex = (b: Buffer): string => b.toString("hex");

describe("DER", () => {
  it("writes lengths in the shortest form", () => {
    expect(hex(der.octets(Buffer.alloc(127))).slice(0, 4)).toBe("047f");
    expect(hex(der.octets(Buffer.alloc(128))).slice(0, 6)).toBe("048180");
    expect(hex(der.octets(Buffer.alloc(65_536))).slice(0, 10)).toBe("0483010000");
  });

  it("keeps integers positive and minimal", () => {
    expect([[0], [0, 0, 5], [0x80], [0, 0x7f]].map((b) => hex(der.integer(Buffer.from(b))))).toEqual(["020100", "020105", "02020080", "02017f"]);
  });

  it("packs object identifiers", () => {
    expect(hex(der.oid("1.2.840.10045.4.3.2"))).toBe("06082a8648ce3d040302");
  });

  it("changes its form of time in 2050", () => {
    expect(der.time(Date.parse("2049-12-31T23:59:59.999Z")).subarray(2).toString()).toBe("491231235959Z");
    expect(der.time(Date.parse("2050-01-01T00:00:00Z")).subarray(2).toString()).toBe("20500101000000Z");
  });
});
