import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { unpackPrograms } from "./unpack.ts";

let folder: string;
let target: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-unpack-"));
  target = join(folder, "target");
  mkdirSync(target);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** As GNU tar writes it. */
function archiveOf(...paths: readonly string[]): string {
  const archive = join(folder, "archive.tgz");
  execFileSync("tar", ["-C", folder, "-czf", archive, ...paths]);
  return archive;
}

test("paths of an archive may begin with ./, and nothing but the wanted programs is unpacked", async () => {
  for (const name of ["flannel", "bridge"]) writeFileSync(join(folder, name), name);
  expect(await unpackPrograms(archiveOf("./flannel", "./bridge"), new Map([["cni", "flannel"]]), target)).toEqual(["cni"]);
  expect(readdirSync(target)).toEqual(["cni"]);
  expect(readFileSync(join(target, "cni"), "utf8")).toBe("flannel");
});

test("a link is no program", async () => {
  symlinkSync("/etc/passwd", join(folder, "etcd"));
  expect(await unpackPrograms(archiveOf("etcd"), new Map([["etcd", "etcd"]]), target)).toEqual([]);
  expect(readdirSync(target)).toEqual([]);
});
