import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { supersededIn } from "./prune.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "berth-prune-"));
});
afterEach(() => rm(root, { recursive: true }));

const home = () => join(root, "home");

async function artefact(name: string, letter: string, minutesOld: number): Promise<string> {
  const folder = join(root, "cache", "artefacts", name, letter.repeat(32));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "root.qcow2"), "x".repeat(100));
  const at = new Date(Date.now() - minutesOld * 60_000);
  await utimes(folder, at, at);
  return folder;
}

it("finds what a newer build stands beside, and leaves the newest of each name", async () => {
  const old = await artefact("engine", "a", 10);
  await artefact("engine", "b", 1);
  await artefact("image-node", "c", 99);
  expect(await supersededIn(join(root, "cache"), home())).toEqual([{ folder: old, bytes: 100 }]);
});

it("leaves an image that a living cluster's disks stand on, however old", async () => {
  const used = await artefact("image-node", "a", 20);
  const unused = await artefact("image-node", "b", 10);
  await artefact("image-node", "c", 1);
  const stacks = join(home(), "tenants", "t1", "state", ".pulumi", "stacks", "berth");
  await mkdir(stacks, { recursive: true });
  await writeFile(join(stacks, "demo.json"), JSON.stringify({ baseVolumeId: `${used}/root.qcow2` }));
  expect((await supersededIn(join(root, "cache"), home())).map((s) => s.folder)).toEqual([unused]);
});

it("leaves what is being built", async () => {
  await artefact("engine", "a", 1);
  await mkdir(join(root, "cache", "artefacts", "engine", `${"d".repeat(32)}.partial-1`));
  expect(await supersededIn(join(root, "cache"), home())).toEqual([]);
});
