import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { binarySets } from "#ansible/toolchain/binaries.ts";
import { versions as engine } from "#pulumi/toolchain/versions.ts";
import { readReleaseLock } from "./release-lock.ts";
import { releaseSource } from "./release-source.ts";

const { files, compiled } = readReleaseLock();

/** Everything that set-up can compile, with its version and programs. */
const parts: readonly { readonly part: string; readonly version: string; readonly programs: readonly string[] }[] = [
  ...binarySets.map(({ name, version, files: programs }) => ({ part: name, version, programs })),
  { part: "pulumi-cli", version: engine.pulumi, programs: ["pulumi"] },
  { part: "plugin-command", version: engine.plugins.command, programs: ["pulumi-resource-command"] },
  { part: "plugin-libvirt", version: engine.plugins.libvirt, programs: ["pulumi-resource-libvirt"] },
];

describe("the lock file of released files", () => {
  test.each(parts)("says of $part either which file it comes from, or why it is compiled", ({ part, version, programs }) => {
    const released = files.filter((f) => f.part === part);
    const reasons = compiled.filter((c) => c.part === part);
    expect(released.length + reasons.length).toBe(1);
    for (const file of released) {
      expect(file.version).toBe(version);
      expect(Object.keys(file.programs).sort()).toEqual([...programs].sort());
    }
  });

  test("names nothing that set-up does not know", () => {
    const known = new Set(parts.map(({ part }) => part));
    expect([...files, ...compiled].map(({ part }) => part).filter((part) => !known.has(part))).toEqual([]);
  });

  test.each(files)("has the public record of the checksum of $part at a fixed commit", ({ url, source }) => {
    expect(url).toMatch(/^https:/);
    expect(source).toMatch(/^https:\/\/github\.com\/[^/]+\/[^/]+\/blob\/[0-9a-f]{40}\/\S+$/);
  });
});

describe("another lock file", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-lock-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const lockWith = (change: object): string => {
    const path = join(folder, "lock.json");
    writeFileSync(path, JSON.stringify({ files: [{ ...files[0], ...change }], compiled: [] }));
    return path;
  };

  it("is read in place of Berth's own", () => {
    expect(readReleaseLock(lockWith({ version: "9" })).files[0]?.version).toBe("9");
  });

  it.each([
    ["a checksum of another length", { checksum: "ab" }],
    ["an algorithm that is too weak", { algorithm: "md5" }],
    ["no public record", { source: "somewhere" }],
    ["an image without its digest in the URL", { kind: "image", algorithm: "sha256", checksum: "a".repeat(64) }],
  ])("is refused with %s", (_, change) => {
    expect(() => readReleaseLock(lockWith(change))).toThrow("reading the lock file of released files");
  });

  it("is refused when it is no JSON", () => {
    writeFileSync(join(folder, "lock.json"), "words");
    expect(() => readReleaseLock(join(folder, "lock.json"))).toThrow("reading the lock file of released files");
  });
});

describe("where released files come from", () => {
  it.each([
    ["build", { kind: "none" }],
    ["auto", { kind: "upstream" }],
    ["/srv/releases", { kind: "folder", folder: "/srv/releases" }],
    ["https://mirror.example/berth/", { kind: "mirror", address: "https://mirror.example/berth" }],
    ["http://127.0.0.1:8000", { kind: "mirror", address: "http://127.0.0.1:8000" }],
    ["releases", null],
    ["ftp://mirror.example", null],
    ["https://mirror.example/#sha256=ab", null],
  ])("%s", (text, source) => expect(releaseSource(text)).toEqual(source));
});
