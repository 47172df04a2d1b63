import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type TarEntry, tar } from "./tar.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-tar-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function bytes(entries: TarEntry[]): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of tar(entries)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const longName = `${"deep/".repeat(30)}file`;

test("the system's tar reads every kind of entry back", async () => {
  writeFileSync(join(folder, "source"), "from a file");
  const archive = join(folder, "a.tar");
  writeFileSync(
    archive,
    await bytes([
      { kind: "folder", path: "tmp", mode: 0o1777 },
      { kind: "file", path: "hello", mode: 0o640, content: Buffer.from("from memory") },
      { kind: "file", path: "bin", source: join(folder, "source") },
      { kind: "link", path: "sh", target: "bin" },
      { kind: "file", path: longName, content: Buffer.from("far away") },
    ]),
  );
  const listing = execFileSync("tar", ["--numeric-owner", "--utc", "-tvf", archive], { encoding: "utf8" });
  expect(
    listing
      .trimEnd()
      .split("\n")
      .map((l) => l.replace(/\s+/g, " ")),
  ).toEqual([
    "drwxrwxrwt 0/0 0 1970-01-01 00:00 tmp",
    "-rw-r----- 0/0 11 1970-01-01 00:00 hello",
    "-rwxr-xr-x 0/0 11 1970-01-01 00:00 bin",
    "lrwxrwxrwx 0/0 0 1970-01-01 00:00 sh -> bin",
    `-rwxr-xr-x 0/0 8 1970-01-01 00:00 ${longName}`,
  ]);
  execFileSync("tar", ["-C", folder, "-xf", archive, "bin", longName]);
  expect(readFileSync(join(folder, "bin"), "utf8")).toBe("from a file");
  expect(readFileSync(join(folder, longName), "utf8")).toBe("far away");
});

test("the same entries give the same bytes, whatever the file's own time and mode", async () => {
  const source = join(folder, "source");
  const entries: TarEntry[] = [{ kind: "file", path: "a", mode: 0o755, source }];
  writeFileSync(source, "same", { mode: 0o600 });
  const first = await bytes(entries);
  rmSync(source);
  writeFileSync(source, "same", { mode: 0o644 });
  expect((await bytes(entries)).equals(first)).toBe(true);
});
