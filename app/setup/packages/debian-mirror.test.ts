import { describe, expect, it } from "vitest";
import { readMirrors } from "./debian-mirror.ts";

const targets = `bookworm http://mirror.example/debian/
bookworm-backports http://elsewhere.example/debian/
bookworm-security http://mirror.example/debian-security/
`;

describe("the machine's own mirror", () => {
  it("is read from its package sources, without the slash at the end", () => {
    expect(readMirrors(targets, "bookworm")).toEqual({ main: "http://mirror.example/debian", security: "http://mirror.example/debian-security" });
  });

  it("has its security fixes beside it when they are not named", () => {
    expect(readMirrors("trixie http://mirror.example/debian\n", "trixie").security).toBe("http://mirror.example/debian-security");
  });

  it("is missed in a sentence", () => {
    expect(() => readMirrors("noble http://mirror.example/ubuntu/\n", "bookworm")).toThrow(/none of them is for Debian's release bookworm/);
  });
});
