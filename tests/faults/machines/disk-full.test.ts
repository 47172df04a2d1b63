/**
 * Disks that are full in the middle of a run, one at a time: the one with the database and its journal, the one with the
 * stacks' state, the one with the machines' disks. Each is a small file system of its own; space comes back after a while.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { finished } from "#tests/faults/journey.ts";
import type { Violation } from "#tests/faults/oracle.ts";
import { chosen, held, whole } from "#tests/faults/points.ts";
import { record } from "#tests/faults/report.ts";
import { acts, judged, ordersOf, struck } from "./lives.ts";
import { type MachineWorld, openMachineWorld } from "./machine-world.ts";
import type { ProgramStep } from "./programs/steps.ts";

let world: MachineWorld;
const mounted: string[] = [];
afterEach(async () => {
  await world.close().catch((error: unknown) => {
    // The home still holds a mounted folder; it goes after the mount.
    if (mounted.length === 0) throw error;
  });
  for (const folder of mounted.splice(0)) execFileSync("umount", ["-l", folder]);
  rmSync(world.home, { recursive: true, force: true });
});

const steps: readonly ProgramStep[] = ["one", "two", "three", "four", "five", "six"].map((name) => ({
  name,
  create: `echo ${name}; sleep 0.5; echo ${name} ends`,
}));

/** `prepare` for a world: a small file system at a folder of its home. Seen only in the namespaces of the tests. */
const small =
  (folder: string, mib: number) =>
  (home: string): Promise<void> => {
    const path = join(home, folder);
    mkdirSync(path, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mib}m,mode=0711`, "tmpfs", path]);
    mounted.push(path);
    return Promise.resolve();
  };

/** Takes every block there is, and gives them back after `ms`. */
async function full(folder: string, ms: number): Promise<boolean> {
  const path = join(world.home, folder);
  const filler = join(path, "filler");
  writeFileSync(filler, "");
  const took = fill(path, filler);
  await sleep(ms);
  rmSync(filler);
  return took;
}

/** Others write meanwhile: what was free a moment ago may be less now, and then nothing of it is given. */
function fill(folder: string, filler: string): boolean {
  for (let tries = 0; tries < 50; tries += 1) {
    const { bavail, bsize } = statfsSync(folder);
    if (bavail <= 1) return false;
    if (spawnSync("fallocate", ["-l", String(Number(bavail) * Number(bsize)), filler]).status === 0) return true;
  }
  throw new Error(`filling ${folder}: never was as much free as there had been a moment before`);
}

const ms = whole ? 30_000 : 6_000;
const disks = [
  { what: "disk of the journal full", folder: "database", mib: 48, seq: 6, real: false },
  { what: "disk of the state full", folder: "tenants", mib: 16, seq: 6, real: false },
  { what: "disk of the machines full", folder: "pools", mib: 64, seq: 5, real: true },
];

it.each(chosen("disks", disks, 1))("$what: nothing is damaged, and all goes on when there is room", { timeout: 600_000 }, async (disk) => {
  const { what, folder, mib, seq, real } = disk;
  world = await openMachineWorld({ ...(real ? {} : { steps }), prepare: small(folder, mib) });
  const found: Record<string, readonly Violation[]> = {};
  for (const act of acts) {
    const id = await ordersOf(world)[act]();
    if (act === "create") expect(await struck(world, id, seq, () => full(folder, ms))).toBe(true);
    else await finished(world, id);
    const violations = await judged(world, act);
    if (violations.length > 0) found[act] = violations;
  }
  record({ kind: "fault", what, where: `create, entry ${seq}, ${ms} ms`, violations: Object.values(found).flat() });
  expect(found).toEqual({});
  held("disks", disk);
});
