/** Real machines and what an interruption left of them: foreign ones stay, half-made ones are made again, Berth continues. */
import { message } from "#app/domain/message/message.ts";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import { processesOf, signalAll } from "#pulumi/stack/processes.ts";
import { openRig, type Rig, uri } from "./rig.ts";

let rig: Rig;
afterEach(async () => rig.close());

const virsh = (...words: readonly string[]): string => execFileSync("virsh", ["-q", "-c", uri, ...words], { encoding: "utf8" });
const running = (name: string) => (e: OperationEvent) => e.kind === "step" && e.step.name === name && e.status === "running";
const done = (events: readonly OperationEvent[], name: string) =>
  events.filter((e) => e.kind === "step" && e.step.name === name && e.status === "done" && e.change !== "same").length;
const told = (events: readonly OperationEvent[]) => events.flatMap((e) => (e.kind === "recovery" ? e.did : []));
const eventsOf = async (id: string) => (await rig.entries(id)).map((e) => e.event);

/** Kills everything of the cluster's run that is under way. */
async function killRun(clusterId: string): Promise<void> {
  signalAll(processesOf(`${rig.tenantId}/${(await rig.spec(clusterId)).stackName}`), "SIGKILL");
}

async function begin(clusterId: string): Promise<string> {
  const plan = await rig.preview(clusterId);
  return (await rig.submit(clusterId, "update", plan.id)).id;
}

const over = async (id: string) => await rig.sees(id, (e) => e.kind === "state" && (e.to === "succeeded" || e.to === "failed"));

describe("an init that was cut off", () => {
  it("is not taken up again: the machine is made again, without a click, and the preview is empty", async () => {
    rig = await openRig({ autoResume: true });
    rig.startWorker();
    const { id } = await rig.newCluster("half", 0);
    const operationId = await begin(id);
    await rig.sees(operationId, running("main-init"));
    await killRun(id);
    await over(operationId);
    expect(await rig.stores.operations.get(operationId)).toMatchObject({ state: "succeeded", attempt: 2, failure: null });
    const events = await eventsOf(operationId);
    expect(told(events)).toContainEqual(message("recreated-after-init", { machine: "cp0" }));
    expect(events).toContainEqual({ kind: "state", to: "queued", reasons: [], by: "Berth" });
    expect((await rig.preview(id)).rows.filter((r) => r.change !== "same")).toEqual([]);
    expect((await rig.hypervisor.inventory((await rig.spec(id)).prefix)).machines).toHaveLength(1);
    expect((await rig.destroy(id)).failure).toBeNull();
  });
});

describe("a join that was cut off", () => {
  it("removes the worker's membership before its machine is made again, and leaves the others alone", async () => {
    rig = await openRig();
    rig.startWorker();
    const { id } = await rig.newCluster("seat", 0);
    expect((await rig.update(id)).state).toBe("succeeded");
    await rig.scale(id, 1);
    const operationId = await begin(id);
    await rig.sees(operationId, running("w1-join"));
    await rig.stores.operations.requestCancel(operationId, "mina", Date.now());
    expect((await rig.settled(operationId)).state).toBe("cancelled");
    await rig.stores.operations.resume(operationId, "mina", Date.now());
    await over(operationId);
    const events = await eventsOf(operationId);
    expect((await rig.stores.operations.get(operationId))?.failure).toBeNull();
    expect(told(events)).toContainEqual(message("recreated-after-join", { machine: "w1" }));
    const at = (fits: (e: OperationEvent) => boolean) => events.findLastIndex(fits);
    const unseated = at((e) => e.kind === "output" && e.lines.some((l) => l.includes("w1 has no seat")));
    expect(unseated).toBeGreaterThan(0);
    expect(unseated).toBeLessThan(at(running("w1-join")));
    expect([done(events, "w1-join"), done(events, "cp0")]).toEqual([1, 0]);
    expect((await rig.preview(id)).rows.filter((r) => r.change !== "same")).toEqual([]);
  });
});

describe("machines of other people", () => {
  it("that are called like ours survive a recovery and a teardown", async () => {
    rig = await openRig();
    rig.startWorker();
    const { id } = await rig.newCluster("mine", 0);
    const { prefix } = await rig.spec(id);
    const [foreign, network] = [`${prefix}-foreign`, `${prefix}-net`];
    const folder = mkdtempSync(join(tmpdir(), "berth-foreign-"));
    try {
      writeFileSync(
        join(folder, "d.xml"),
        `<domain type="qemu"><name>${foreign}</name><memory unit="MiB">32</memory><os><type arch="x86_64" machine="q35">hvm</type></os><features><acpi/></features></domain>`,
      );
      writeFileSync(join(folder, "n.xml"), `<network><name>${network}</name></network>`);
      virsh("define", join(folder, "d.xml"));
      virsh("net-define", join(folder, "n.xml"));
      const operationId = await begin(id);
      await rig.sees(operationId, running("cp0"));
      await killRun(id);
      expect((await rig.settled(operationId)).state).toBe("interrupted");
      expect(virsh("list", "--all", "--name")).toContain(foreign);
      const { machines, networks } = await rig.hypervisor.inventory(prefix);
      expect(machines.find((m) => m.name === foreign)?.owner).toBeNull();
      expect(networks.find((n) => n.name === prefix)?.owner).toMatchObject({ clusterId: id, tenantId: rig.tenantId });
      await rig.stores.operations.resume(operationId, "mina", Date.now());
      await over(operationId);
      expect((await rig.destroy(id)).failure).toBeNull();
      expect(virsh("list", "--all", "--name")).toContain(foreign);
      expect(virsh("net-list", "--all", "--name")).toContain(network);
    } finally {
      virsh("undefine", foreign);
      virsh("net-undefine", network);
      rmSync(folder, { recursive: true });
    }
  });
});
