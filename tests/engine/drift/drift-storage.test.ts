/** A network that was stopped and a disk that was deleted under real machines: seen, planned, repaired, and right again. */
import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import { stackFiles } from "#pulumi/stack/stack-files.ts";
import { changes, type Drifting, openDrifting, said, virsh } from "./drifting.ts";

let d: Drifting;
let worker: string;
beforeAll(async () => {
  d = await openDrifting("dirt");
  worker = `${d.prefix}-w1`;
});
afterAll(async () => d?.rig.close());

it("starts the network, plugs in what runs on it, and then starts what was off", async () => {
  await virsh("destroy", worker);
  await virsh("net-destroy", d.prefix);
  expect(said(await d.findDrift())).toEqual(["machine-stopped:w1 running → stopped", `network-inactive:${d.prefix}  → `]);
  expect(await d.repaired()).toEqual([
    "update main-network active",
    "update w1 running (restart)",
    "replace w1-ready",
    "replace main-smoke",
  ]);
});

it("makes a deleted disk again from the image, and its machine with it", async () => {
  await virsh("destroy", worker);
  await virsh("vol-delete", "--pool", d.prefix, `${worker}.qcow2`);
  expect(said(await d.findDrift())).toEqual([`disk-missing:${worker}.qcow2  → `, "machine-stopped:w1 running → stopped"]);
  const plan = await d.repaired();
  expect(plan).toEqual(expect.arrayContaining(["replace w1-disk (replace)", "replace w1 (restart)", "replace main-smoke"]));
  expect(await virsh("domstate", worker)).toBe("running");
});

it("continues with a repair that was cut off after the disk was there again: what runs on it has not joined yet", async () => {
  const { rig } = d;
  await virsh("destroy", worker);
  await virsh("vol-delete", "--pool", d.prefix, `${worker}.qcow2`);
  await d.findDrift();
  const { id } = await rig.submit(d.id, "update", (await d.planned()).id);
  const says = (name: string, status: string) => (e: OperationEvent) => e.kind === "step" && e.step.name === name && e.status === status;
  // Its steps are "running" from the deletion of the old ones on: the new machine is there when it is done.
  await rig.sees(id, says("w1", "done"));
  await rig.stores.operations.requestCancel(id, "mina", Date.now());
  expect((await rig.settled(id)).state).toBe("cancelled");
  await rig.stores.operations.resume(id, "mina", Date.now());
  await rig.sees(id, (e) => e.kind === "state" && (e.to === "succeeded" || e.to === "failed"));
  expect(await rig.stores.operations.get(id)).toMatchObject({ state: "succeeded", attempt: 2, failure: null });
  const events = (await rig.entries(id)).map((entry) => entry.event);
  const last = (fits: (e: OperationEvent) => boolean) => events.findLastIndex(fits);
  const story = [says("w1-disk", "done"), says("w1-join", "done"), says("main-smoke", "done")].map(last);
  expect(story).toEqual(story.toSorted((a, b) => a - b));
  expect(story[2]).toBeGreaterThan(last((e) => e.kind === "state" && e.to === "queued"));
  expect(said(await d.findDrift())).toEqual([]);
  expect(changes(await rig.preview(d.id))).toEqual([]);
});

it("continues with a machine whose replacement was cut off after the old one was gone", async () => {
  const { tenantId, stackName } = await d.rig.spec(d.id);
  const { checkpoint } = stackFiles(d.rig.home, tenantId, stackName);
  await virsh("destroy", worker);
  await virsh("undefine", worker, "--nvram");
  await virsh("vol-delete", "--pool", d.prefix, `${worker}.qcow2`);
  const state = JSON.parse(await readFile(checkpoint, "utf8")) as {
    checkpoint: { latest: { resources: { urn: string; custom?: boolean; pendingReplacement?: boolean }[] } };
  };
  const deleted = ["w1-rest", "w1-ready", "w1-off", "w1"];
  for (const r of state.checkpoint.latest.resources)
    if (r.custom && deleted.includes(r.urn.split("::").at(-1) ?? "")) r.pendingReplacement = true;
  await writeFile(checkpoint, JSON.stringify(state));
  expect(said(await d.findDrift())).toEqual(["machine-missing:w1 running → absent-with-disk"]);
  expect(await d.repaired()).toContain("replace w1-join");
});

it("reports what is not the cluster's, and leaves it alone", async () => {
  await virsh("vol-create-as", d.prefix, "holiday.img", "1M");
  const rows = await d.findDrift();
  expect(rows.map((r) => [r.id, r.repair])).toEqual([["orphan-disk:holiday.img", "none"]]);
  await virsh("vol-delete", "--pool", d.prefix, "holiday.img");
});
