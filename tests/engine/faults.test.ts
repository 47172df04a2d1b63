/** Real machines when something goes wrong: a script that fails, and everything killed in the middle of a create. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import { processesOf, signalAll } from "#pulumi/stack/processes.ts";
import { openRig, type Rig } from "./rig.ts";

let rig: Rig;
afterEach(async () => rig.close());

const resumed = async (id: string) => {
  const seq = await rig.stores.journal.head(id);
  await rig.stores.operations.resume(id, "mina", Date.now());
  await rig.sees(id, (e) => e.kind === "state" && e.to !== "queued" && e.to !== "running", seq);
  return await rig.settled(id);
};

describe("a script that fails on a machine", () => {
  it("is named with machine, phase and last output; resuming continues from there", async () => {
    rig = await openRig({ program: "failing.ts" });
    rig.startWorker();
    const { id } = await rig.newCluster("bad", 0);
    const update = await rig.update(id);
    expect(update.failure).toMatchObject({ step: "cp0-member", machine: "cp0", phase: "join", next: "resume" });
    expect(update.failure?.lastOutput).toContain("it is not there");
    expect((await rig.stores.clusters.get(id))?.state).toBe("degraded");
    await writeFile(join(rig.home, "mended"), "");
    expect(await resumed(update.id)).toMatchObject({ state: "succeeded", attempt: 2 });
    expect((await rig.stores.clusters.get(id))?.state).toBe("ready");
  });
});

describe("everything killed in mid-create", () => {
  const running = (name: string) => (e: OperationEvent) => e.kind === "step" && e.step.name === name && e.status === "running";

  // The first: the machine is being defined. The second: it boots.
  it.each(["cp0", "cp0-ready"])("at %s: one machine of each name, an empty preview, and every console line once", async (step) => {
    rig = await openRig();
    rig.startWorker();
    const { id } = await rig.newCluster("cut", 0);
    const plan = await rig.preview(id);
    const { id: operationId } = await rig.submit(id, "update", plan.id);
    await rig.sees(operationId, running(step));
    const { stackName, prefix, machines } = await rig.spec(id);
    signalAll(processesOf(`${rig.tenantId}/${stackName}`), "SIGKILL");
    expect((await rig.settled(operationId)).state).toBe("interrupted");
    expect((await resumed(operationId)).state).toBe("succeeded");
    const { machines: found, volumes } = await rig.hypervisor.inventory(prefix);
    expect(found.map((m) => m.name)).toEqual(machines.map((m) => m.libvirtName));
    expect(volumes).toHaveLength(2);
    expect((await rig.preview(id)).rows.filter((r) => r.change !== "same")).toEqual([]);
    const consoles = (await rig.entries(operationId)).flatMap(({ event: e }) =>
      e.kind === "output" && e.source === "console" ? e.lines : [],
    );
    const boots = consoles.filter((l) => l.includes("tiny-guest: starting")).length;
    // A machine that was being defined is made again, so it may have been seen booting twice.
    expect(boots).toBeGreaterThanOrEqual(1);
    expect(boots).toBeLessThanOrEqual(step === "cp0" ? 2 : 1);
    expect((await rig.destroy(id)).state).toBe("succeeded");
    expect(existsSync(`${rig.home}/pools/${prefix}`)).toBe(false);
  });
});
