/** A real machine that never comes up: declared within its budget, with what its console said, and removed by a cancel or a destroy. */
import { inEnglish } from "#app/messages/in-english.ts";
import { afterEach, describe, expect, it } from "vitest";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import { openRig, type Rig } from "./rig.ts";

let rig: Rig;
afterEach(async () => rig.close());

const dialling = (e: OperationEvent) => e.kind === "step" && e.step.name === "cp0-ready" && e.status === "running";

describe("a machine that never comes up", () => {
  it("is restarted, and fails within its budget, naming machine, phase and the last lines of its console, and can be destroyed", async () => {
    rig = await openRig({ program: "hanging.ts", engine: { budgets: { phase: { ssh: 25 }, silenceSeconds: null } } });
    rig.startWorker();
    const { id } = await rig.newCluster("dead", 0);
    const plan = await rig.preview(id);
    const { id: operationId } = await rig.submit(id, "update", plan.id);
    const began = await rig.sees(operationId, dialling);
    const update = await rig.settled(operationId);
    expect(update).toMatchObject({
      state: "failed",
      failure: { cause: "boot-timeout", machine: "cp0", phase: "ssh", step: "cp0-ready", next: "resume" },
    });
    expect(inEnglish(update.failure?.reasons ?? [])).toContain("cp0 was not up within 25 s");
    expect(update.failure?.lastOutput.join("\n")).toContain("Kernel panic");
    const entries = (await rig.entries(operationId)).map(({ event }) => event);
    expect(entries.flatMap((e) => (e.kind === "notice" && e.machine === "cp0" ? [inEnglish([e.message])] : []))[0]).toMatch(
      /^cp0 is restarted while it boots: its kernel hangs \(.*Kernel panic/,
    );
    const panics = entries
      .flatMap((e) => (e.kind === "output" && e.source === "console" ? e.lines : []))
      .filter((line) => line.includes("end Kernel panic"));
    expect(panics.length).toBeGreaterThan(1);
    const over = (await rig.entries(operationId)).at(-1);
    expect((over?.at ?? 0) - began.at).toBeLessThan(45_000);
    expect((await rig.destroy(id)).state).toBe("succeeded");
  });

  it("is given up when a person cancels, and the journal says what stays", async () => {
    rig = await openRig({ program: "hanging.ts" });
    rig.startWorker();
    const { id } = await rig.newCluster("dead", 0);
    const plan = await rig.preview(id);
    const { id: operationId } = await rig.submit(id, "update", plan.id);
    await rig.sees(operationId, dialling);
    const asked = Date.now();
    await rig.stores.operations.requestCancel(operationId, "mina", asked);
    const cancelled = await rig.settled(operationId);
    expect(cancelled.state).toBe("cancelled");
    const rungs = (await rig.entries(operationId)).flatMap(({ event: e, at }) => (e.kind === "cancel-rung" ? [{ ...e, at }] : []));
    // Within ten seconds it is over, or the journal says how far it has come.
    expect((rungs.find((r) => r.rung !== "asked")?.at ?? Number.POSITIVE_INFINITY) - asked).toBeLessThan(10_000);
    expect(rungs.at(0)?.rung).toBe("asked");
    expect(rungs.at(-1)?.rung).toBe("put-in-order");
    const { machines } = await rig.spec(id);
    expect(inEnglish(rungs.at(-1)?.stays ?? [])).toContain(`machine ${machines[0]?.libvirtName} (running)`);
    expect((await rig.destroy(id)).state).toBe("succeeded");
  });
});
