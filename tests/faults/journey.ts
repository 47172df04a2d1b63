/** What a person does with one cluster: makes it, makes it larger, tears it down, and looks on all the while. */
import { inEnglish } from "#app/messages/in-english.ts";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { allClusters } from "#tests/contract/fixtures.ts";
import type { Evidence, HostEvidence } from "./oracle.ts";
import type { World } from "./world.ts";

export const clusterName = "demo";

/** Watches an operation with two viewers, one of whom comes and goes; resolves when it is over. */
async function see(world: World, id: string) {
  world.watch(id);
  world.watch(id, { leavesEvery: 3 });
  return await world.person.over(id);
}

/** Previews until a plan comes of it, then approves it. A preview that a crash ended is simply made again. */
export async function planned(world: World, first: () => Promise<string>, kind: "update" | "destroy"): Promise<string> {
  let preview = await see(world, await first());
  for (let tries = 0; preview.state !== "succeeded" && tries < 5; tries += 1)
    preview = await see(world, await world.person.preview(clusterName, kind));
  return await world.person.approve(clusterName, preview);
}

/**
 * Resumes what ended otherwise: failed and cancelled operations wait for a person, too. That person has read why, and
 * gives libvirt or the disk a moment to come back.
 */
export async function finished(world: World, id: string): Promise<void> {
  for (let tries = 0; tries < 8; tries += 1) {
    const ended = await see(world, id);
    if (ended.state === "succeeded") return;
    if (tries > 0) await sleep(2_000);
    await world.person.resume(id);
  }
  throw new Error(`operation ${id} did not succeed: ${(await failuresOf(world, id)).join("; ")}`);
}

/** How often it failed, and why: place in the journal, cause and message. */
export async function failuresOf(world: World, id: string): Promise<readonly string[]> {
  const entries = await world.stores.journal.read(id, 0, 100_000);
  return entries.flatMap(({ seq, event: e }) =>
    e.kind === "failure" ? [`${seq}: ${e.failure.cause}: ${inEnglish(e.failure.reasons)}`] : [],
  );
}

export async function journey(world: World): Promise<Evidence> {
  const { person } = world;
  await finished(world, await planned(world, () => person.create(clusterName, 1), "update"));
  await finished(world, await planned(world, () => person.edit(clusterName, 2), "update"));
  const middle = await standInHost(world);
  if (middle.found.length !== 3) throw new Error(`after the change there are ${middle.found.join(", ")}`);
  await finished(world, await planned(world, () => person.preview(clusterName, "destroy"), "destroy"));
  return await world.evidence(await standInHost(world));
}

/** What the stand-in's host has, beside what the living clusters' specs want. */
export async function standInHost(world: World): Promise<HostEvidence> {
  const found = (await readdir(join(world.home, "stand-in-host")).catch(() => [])).map((n) => `machine ${n}`);
  const living = (await allClusters(world.stores.clusters, world.tenantId)).filter((c) => c.state !== "gone" && c.liveRevision > 0);
  const specs = await Promise.all(living.map((c) => world.stores.clusters.spec(c.id, c.liveRevision)));
  return { found, owned: specs.flatMap((s) => s?.machines.map((m) => `machine ${m.libvirtName}`) ?? []), leftovers: [], pending: 0 };
}
