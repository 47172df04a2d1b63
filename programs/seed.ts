/**
 * Seed disks: small ISO files that give machines their identity. They hold private SSH host keys, so they lie in a
 * folder of the stack's own, and the same spec always gives the same bytes.
 */
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ClusterSecrets, ClusterSpec, MachineSpec } from "#app/domain/cluster/spec.ts";
import { renderSeed, type SeedDocuments, seedDocuments } from "./render/cloud-init.ts";

const run = promisify(execFile);
/** 2020-01-01, for every file and every field of the disk that has a time. */
const epoch = 1_577_836_800;

export const seedFile = (folder: string, machine: MachineSpec): string => join(folder, `${machine.libvirtName}.iso`);

/** Writes the seed disk of every machine into `folder` (made 0700). Rejects with a sentence when genisoimage is absent. */
export async function writeSeeds(spec: ClusterSpec, secrets: ClusterSecrets, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  for (const machine of spec.machines) {
    const hostKey = secrets.hostKeys[machine.name];
    if (hostKey === undefined) throw new Error(`writing the seed disk of ${machine.name}: it has no SSH host key`);
    await writeSeed(folder, seedFile(folder, machine), renderSeed(spec, machine, hostKey));
  }
}

async function writeSeed(folder: string, file: string, documents: SeedDocuments): Promise<void> {
  const source = await mkdtemp(join(folder, ".seed-"));
  const partial = `${source}.iso`;
  try {
    for (const name of seedDocuments) {
      await writeFile(join(source, name), documents[name], { mode: 0o600 });
      await utimes(join(source, name), epoch, epoch);
    }
    await utimes(source, epoch, epoch);
    await makeIso(source, partial);
    await writeFile(partial, withFixedTimes(await readFile(partial)), { mode: 0o600 });
    await chmod(partial, 0o600);
    await rename(partial, file);
  } finally {
    await rm(source, { recursive: true, force: true });
    await rm(partial, { force: true });
  }
}

async function makeIso(source: string, target: string): Promise<void> {
  const args = [
    "-quiet",
    "-output",
    target,
    "-volid",
    "cidata",
    "-joliet",
    "-rational-rock",
    "-appid",
    "",
    "-publisher",
    "",
    "-preparer",
    "",
    source,
  ];
  try {
    await run("genisoimage", args, {
      env: { NODE_ENV: "production", PATH: "/usr/local/bin:/usr/bin:/bin", SOURCE_DATE_EPOCH: String(epoch), TZ: "UTC" },
    });
  } catch (error) {
    const { code, stderr = "" } = error as NodeJS.ErrnoException & { stderr?: string };
    if (code === "ENOENT") throw new Error("writing a seed disk: genisoimage is not installed", { cause: error });
    throw new Error(`writing a seed disk: genisoimage ended badly: ${stderr.trim().slice(-300)}`, { cause: error });
  }
}

const sector = 2048;
/** First volume descriptor (ECMA-119 §8.1), and where its four times of 17 bytes stand. */
const firstDescriptor = 16 * sector;
const descriptorTimes = 813;
const noTime = Buffer.from(`${"0".repeat(16)}\0`, "latin1");
/** A Rock Ridge `TF` entry with the times of modification, access and attributes, 7 bytes each. */
const timesEntry = Buffer.from([0x54, 0x46, 0x1a, 0x01, 0x0e]);
const shortTime = Buffer.from([120, 1, 1, 0, 0, 0, 0]);

/** genisoimage writes the time of day into the volume and the time of a file's last change into its entry. */
export function withFixedTimes(iso: Buffer): Buffer {
  const fixed = Buffer.from(iso);
  for (let at = firstDescriptor; fixed[at] !== 255 && at < fixed.length; at += sector) {
    for (let i = 0; i < 4; i++) noTime.copy(fixed, at + descriptorTimes + i * noTime.length);
  }
  for (let at = fixed.indexOf(timesEntry); at >= 0; at = fixed.indexOf(timesEntry, at + 1)) {
    for (let i = 0; i < 3; i++) shortTime.copy(fixed, at + timesEntry.length + i * shortTime.length);
  }
  return fixed;
}
