import { describe, expect, it } from "vitest";
import { message, MessageError } from "#app/domain/message/message.ts";
import { readMirrors } from "./debian-mirror.ts";

const targets = `bookworm http://mirror.example/debian/
bookworm-backports http://elsewhere.example/debian/
bookworm-security http://mirror.example/debian-security/
`;

describe("the machine's own mirror", () => {
  it("is read from its package sources, without the slash at the end", () => {
    expect(readMirrors(targets, "bookworm")).toEqual({
      main: "http://mirror.example/debian",
      security: "http://mirror.example/debian-security",
    });
  });

  it("has its security fixes beside it when they are not named", () => {
    expect(readMirrors("trixie http://mirror.example/debian\n", "trixie").security).toBe("http://mirror.example/debian-security");
  });

  it.each([
    ["no package source is for the release", "bookworm", message("no-source-for-release", { release: "bookworm" })],
    ["the system names no release", "", message("release-unknown")],
  ])("is not there when %s", (_, codename, reason) => {
    expect(() => readMirrors("noble http://mirror.example/ubuntu/\n", codename)).toThrow(new MessageError([reason]));
  });
});
