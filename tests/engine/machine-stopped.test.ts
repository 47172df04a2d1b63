/** A real machine whose QEMU ends while something is waited for on it: seen within seconds, whatever the budget is. */
import { message } from "#app/domain/message/message.ts";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import { signalAll } from "#pulumi/stack/processes.ts";
import { startTimeOf } from "#app/foundation/process.ts";
import { machinesOf } from "#tests/faults/machines/victims.ts";
import { openRig, type Rig } from "./rig.ts";

let rig: Rig;
afterEach(async () => rig.close());

const running = (name: string) => (e: OperationEvent) => e.kind === "step" && e.step.name === name && e.status === "running";
const said = (text: string) => (e: OperationEvent) => e.kind === "output" && e.lines.some((line) => line.includes(text));

async function killQemu(clusterId: string): Promise<void> {
  const pids = machinesOf((await rig.spec(clusterId)).prefix);
  expect(pids).toHaveLength(1);
  signalAll(
    pids.map((pid) => ({ pid, startTime: startTimeOf(pid) ?? "" })),
    "SIGKILL",
  );
}

const eventsOf = async (id: string) => (await rig.entries(id)).map((e) => e.event);

async function begin(
  name: string,
  options: Parameters<typeof openRig>[0] = {},
): Promise<{ readonly id: string; readonly operationId: string }> {
  rig = await openRig(options);
  rig.startWorker();
  const { id } = await rig.newCluster(name, 0);
  const plan = await rig.preview(id);
  return { id, operationId: (await rig.submit(id, "update", plan.id)).id };
}

const changes = async (id: string) => (await rig.preview(id)).rows.filter((r) => r.change !== "same");

describe("a machine whose QEMU ends", () => {
  it("while it boots is switched on again, and the create succeeds without a click", async () => {
    const { id, operationId } = await begin("again");
    await rig.sees(operationId, running("cp0-ready"));
    await killQemu(id);
    expect(await rig.settled(operationId)).toMatchObject({ state: "succeeded", attempt: 1 });
    const notices = (await eventsOf(operationId)).flatMap((e) => (e.kind === "notice" ? [e.message] : []));
    expect(notices).toContainEqual(message("switched-on", { machine: "cp0" }));
    expect(await changes(id)).toEqual([]);
    expect((await rig.destroy(id)).failure).toBeNull();
  });

  it("before another machine joins it ends the operation with that as the cause, and a resume switches it on", async () => {
    const { id, operationId } = await begin("asleep");
    expect(await rig.settled(operationId)).toMatchObject({ state: "succeeded" });
    await rig.scale(id, 1);
    const plan = await rig.preview(id);
    await killQemu(id);
    const { id: scaling } = await rig.submit(id, "update", plan.id);
    expect(await rig.settled(scaling)).toMatchObject({
      state: "failed",
      failure: { cause: "machine-stopped", machine: "cp0", next: "resume" },
    });
    await rig.stores.operations.resume(scaling, "mina", Date.now());
    expect(await rig.settled(scaling)).toMatchObject({ state: "succeeded" });
    expect(await changes(id)).toEqual([]);
    expect((await rig.destroy(id)).failure).toBeNull();
  });

  it("while its init runs ends the operation with that as the cause, and a resume makes it again", async () => {
    const { id, operationId } = await begin("lost", { program: "lasting-init.ts" });
    const begun = await rig.sees(operationId, said("init lasts"));
    await killQemu(id);
    const failed = await rig.settled(operationId);
    expect(failed).toMatchObject({
      state: "failed",
      failure: { cause: "machine-stopped", machine: "cp0", step: "main-init", phase: "init", next: "resume" },
    });
    expect(((await rig.entries(operationId)).at(-1)?.at ?? 0) - begun.at).toBeLessThan(40_000);
    await writeFile(join(rig.home, "quick"), "");
    await rig.stores.operations.resume(operationId, "mina", Date.now());
    expect(await rig.settled(operationId)).toMatchObject({ state: "succeeded" });
    expect(await changes(id)).toEqual([]);
    expect((await rig.destroy(id)).failure).toBeNull();
  });
});
