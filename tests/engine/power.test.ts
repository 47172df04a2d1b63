/** Real machines that are saved and woken: their memory leaves the host and comes back, whatever happens in between. */
import { readFile, truncate } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import { saveCluster, wakeCluster } from "#app/domain/power/power-revisions.ts";
import { processesOf, signalAll } from "#pulumi/stack/processes.ts";
import { machinesOf } from "#tests/faults/machines/victims.ts";
import { changes, type Drifting, openDrifting, said, virsh } from "./drift/drifting.ts";

let d: Drifting;
beforeAll(async () => {
  d = await openDrifting("power");
});
afterAll(async () => d?.rig.close());

const state = async (name: string) => await virsh("domstate", `${d.prefix}-${name}`);
const states = async () => await Promise.all(["cp0", "w1"].map(state));
const saved = async () =>
  (await virsh("list", "--all", "--name", "--with-managed-save")).split("\n").filter((name) => name.startsWith(d.prefix));
const both = () => ["cp0", "w1"].map((name) => `${d.prefix}-${name}`);
/** Where libvirt keeps saved memory. */
const imageOf = (name: string): string => `/var/lib/libvirt/qemu/save/${d.prefix}-${name}.save`;

const eventsOf = async (id: string): Promise<readonly OperationEvent[]> => (await d.rig.entries(id)).map((e) => e.event);
const output = (events: readonly OperationEvent[], source: "command" | "console"): string =>
  events.flatMap((e) => (e.kind === "output" && e.source === source ? e.lines : [])).join("\n");

async function writeSave(): Promise<void> {
  const spec = await d.rig.spec(d.id);
  await d.rig.stores.clusters.addRevision(saveCluster(spec, spec), Date.now());
}

async function writeWaking(): Promise<void> {
  const spec = await d.rig.spec(d.id);
  await d.rig.stores.clusters.addRevision(wakeCluster({ previous: spec, live: spec }), Date.now());
}

/** Carries the newest revision out; gives what was planned, and what happened. */
async function carriedOut(): Promise<{ readonly plan: readonly string[]; readonly events: readonly OperationEvent[] }> {
  const plan = await d.rig.preview(d.id);
  const update = await d.run(plan);
  expect(update.failure).toBeNull();
  expect(update.state).toBe("succeeded");
  return { plan: changes(plan), events: await eventsOf(update.id) };
}

/** Nothing is left to do, for a second preview and for a drift check. */
async function settled(): Promise<void> {
  expect(changes(await d.rig.preview(d.id))).toEqual([]);
  expect(said(await d.findDrift())).toEqual([]);
}

const save = async () => {
  await writeSave();
  return await carriedOut();
};
const wake = async () => {
  await writeWaking();
  return await carriedOut();
};

describe("a cluster that is saved", () => {
  it("takes no memory of the host, and has nothing to change", async () => {
    const { plan, events } = await save();
    expect(plan).toEqual(["create main-save"]);
    expect(await states()).toEqual(["shut off", "shut off"]);
    expect((await saved()).toSorted()).toEqual(both());
    expect(machinesOf(d.prefix)).toEqual([]);
    expect(output(events, "command")).toContain("256 MiB of memory are returned to the host");
    await settled();
  });

  it("does not start with the host", async () => {
    expect(await virsh("list", "--all", "--name", "--autostart")).not.toContain(d.prefix);
  });

  it("is woken with its memory: no machine boots, and there is nothing to change again", async () => {
    const { plan, events } = await wake();
    expect(plan.toSorted()).toEqual(["create cp0-clock", "create main-awake", "create main-wake", "create w1-clock"]);
    expect(await states()).toEqual(["running", "running"]);
    expect(await saved()).toEqual([]);
    expect(output(events, "console")).not.toContain("tiny-guest: starting");
    expect(await virsh("list", "--all", "--name", "--autostart")).toContain(`${d.prefix}-w1`);
    await settled();
  });

  it("is saved and woken again by the same steps; a machine that was paused by hand runs afterwards", async () => {
    await virsh("suspend", `${d.prefix}-w1`);
    expect((await save()).plan).toEqual(["replace main-save"]);
    await settled();
    expect((await wake()).plan.toSorted()).toEqual(["replace cp0-clock", "replace main-awake", "replace main-wake", "replace w1-clock"]);
    expect(await states()).toEqual(["running", "running"]);
    await settled();
  });

  it("is woken by a change, which is made once the machines run", async () => {
    await save();
    await d.rig.scale(d.id, 2);
    const { plan, events } = await carriedOut();
    expect(plan).toEqual(expect.arrayContaining(["create w2", "create w2-join", "replace main-wake"]));
    const at = (name: string, status: string) => events.findIndex((e) => e.kind === "step" && e.step.name === name && e.status === status);
    expect(at("main-awake", "done")).toBeLessThan(at("w2", "running"));
    await settled();
    await d.rig.scale(d.id, 1);
    await carriedOut();
    await settled();
  });
});

describe("saved memory that cannot be restored", () => {
  it("is discarded: the machine boots, and the operation reports it", async () => {
    await save();
    const { length } = await readFile(imageOf("w1"));
    await truncate(imageOf("w1"), Math.floor(length / 2));
    const { events } = await wake();
    expect(output(events, "command")).toMatch(/saved memory of \S+-w1 (cannot be restored and|is not whole and) is discarded/);
    expect(output(events, "console").split("tiny-guest: starting")).toHaveLength(2);
    expect(await states()).toEqual(["running", "running"]);
    await settled();
  });
});

describe("what other hands do", () => {
  it("a machine that was saved by hand is found and restored", async () => {
    await virsh("managedsave", `${d.prefix}-w1`);
    expect(said(await d.findDrift())).toEqual(["machine-saved:w1 running → saved"]);
    await d.repaired();
    expect(await state("w1")).toBe("running");
  });

  it("a machine of a saved cluster that was started by hand is found and saved again", async () => {
    await save();
    await virsh("start", `${d.prefix}-w1`);
    expect(said(await d.findDrift())).toEqual(["machine-unsaved:w1 saved → running"]);
    expect(await d.repaired()).toEqual(["replace main-save"]);
    expect(await state("w1")).toBe("shut off");
    await wake();
    await settled();
  });
});

describe("a run that is killed", () => {
  const running = (name: string) => (e: OperationEvent) => e.kind === "step" && e.step.name === name && e.status === "running";
  const says = (text: string) => (e: OperationEvent) => e.kind === "output" && e.lines.some((line) => line.includes(text));

  async function killedAt(fits: (event: OperationEvent) => boolean): Promise<void> {
    const plan = await d.rig.preview(d.id);
    const { id } = await d.rig.submit(d.id, "update", plan.id);
    await d.rig.sees(id, fits);
    signalAll(processesOf(`${d.rig.tenantId}/${(await d.rig.spec(d.id)).stackName}`), "SIGKILL");
    if ((await d.rig.settled(id)).state === "interrupted") await d.rig.stores.operations.resume(id, "mina", Date.now());
    await d.rig.sees(id, (e) => e.kind === "state" && (e.to === "succeeded" || e.to === "failed"));
    expect(await d.rig.stores.operations.get(id)).toMatchObject({ state: "succeeded", failure: null });
  }

  it.each([
    ["begins", running("main-save")],
    ["has saved a machine", says("is saved")],
  ] as const)("while it %s to save resumes and saves all machines", async (_, fits) => {
    await writeSave();
    await killedAt(fits);
    expect(await states()).toEqual(["shut off", "shut off"]);
    expect(await saved()).toHaveLength(2);
    await settled();
    await wake();
    await settled();
  });

  it.each([
    ["the machines are started", running("main-wake")],
    ["the clocks are set", running("cp0-clock")],
    ["the cluster is checked", running("main-awake")],
  ] as const)("while %s resumes, and every machine runs", async (_, fits) => {
    await save();
    await writeWaking();
    await killedAt(fits);
    expect(await states()).toEqual(["running", "running"]);
    expect(await saved()).toEqual([]);
    await settled();
  });
});

describe("a teardown", () => {
  it("of a saved cluster leaves neither machines nor saved memory", async () => {
    await save();
    expect((await d.rig.destroy(d.id)).failure).toBeNull();
    expect(await d.rig.hypervisor.inventory(d.prefix)).toEqual({ machines: [], networks: [], pools: [], volumes: [] });
    for (const name of ["cp0", "w1"]) await expect(readFile(imageOf(name))).rejects.toThrow("ENOENT");
  });
});
