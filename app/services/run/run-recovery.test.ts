import { message } from "#app/domain/message/message.ts";
import { beforeEach, describe, expect, it } from "vitest";
import { LeaseLost } from "#app/ports/operation-store.ts";
import type { StackEngine } from "#app/ports/stack-engine.ts";
import { resumeInterrupted } from "./run-recovery.ts";
import { RunRig } from "#tests/contract/run-rig.ts";

let rig: RunRig;
beforeEach(async () => {
  rig = await RunRig.start();
});

describe("recovering what a dead worker left", () => {
  async function begun(): Promise<string> {
    const made = await rig.plan();
    const id = await rig.submit("update", made.id);
    await rig.claim();
    return id;
  }

  it("recovers the stack before the operation is marked interrupted, and journals what was done", async () => {
    const id = await begun();
    expect(await rig.recover()).toMatchObject({ id, state: "interrupted" });
    expect(rig.recovered).toBe(1);
    const did = (await rig.stores.journal.read(id, 0, 100)).flatMap(({ event: e }) => (e.kind === "recovery" ? e.did : []));
    expect(did).toEqual([message("took-over"), message("lock-removed")]);
  });

  it("says what keeps it from doing so, and leaves it to the resume", async () => {
    const id = await begun();
    await rig.recover({ ...rig.ports, engine: { ...rig.engine, recover: () => Promise.reject(new Error("libvirt does not answer")) } });
    const last = (await rig.stores.journal.read(id, 0, 100)).at(-1);
    expect(last?.event).toMatchObject({ to: "interrupted", reasons: expect.arrayContaining([message("recovery-on-resume")]) as unknown });
  });

  it("ends as cancelled what a person wanted to be cancelled", async () => {
    const id = await begun();
    await rig.stores.operations.requestCancel(id, "mina", ++rig.time);
    expect((await rig.recover()).state).toBe("cancelled");
  });

  it("has nothing to recover for a preview, which continues", async () => {
    const id = await rig.submit("preview");
    await rig.claim();
    expect((await rig.recover()).state).toBe("interrupted");
    expect(rig.recovered).toBe(0);
    await resumeInterrupted(rig.ports);
    expect((await rig.stores.operations.get(id))?.state).toBe("queued");
    expect((await rig.runNext()).state).toBe("succeeded");
  });

  it("stops at once when yet another worker took over", async () => {
    const id = await begun();
    const steps: string[] = [];
    const slow: StackEngine = {
      ...rig.engine,
      recover: async (_, holds) => {
        const [held] = await rig.stores.operations.held();
        if (held) await rig.stores.operations.takeOver(held, { workerId: "third", now: ++rig.time, leaseMs: 60_000 });
        await holds?.();
        steps.push("went on");
        return { notes: [] };
      },
    };
    await expect(rig.recover({ ...rig.ports, engine: slow })).rejects.toBeInstanceOf(LeaseLost);
    expect(steps).toEqual([]);
    expect((await rig.stores.operations.get(id))?.state).toBe("running");
  });
});

describe("continuing automatically", () => {
  const interrupted = async () => {
    const made = await rig.plan();
    const id = await rig.submit("update", made.id);
    await rig.claim();
    await rig.recover();
    return id;
  };
  const state = async (id: string) => (await rig.stores.operations.get(id))?.state;

  it("queues what was interrupted again, under Berth's name", async () => {
    const id = await interrupted();
    await resumeInterrupted(rig.ports);
    expect((await rig.stores.journal.read(id, 0, 100)).at(-1)?.event).toMatchObject({ kind: "state", to: "queued", by: "Berth" });
    expect((await rig.runNext()).state).toBe("succeeded");
  });

  it("waits until libvirt answers and the image is there", async () => {
    const id = await interrupted();
    rig.silent = true;
    await resumeInterrupted(rig.ports);
    rig.silent = false;
    await resumeInterrupted({ ...rig.ports, machineHost: () => Promise.resolve(null) });
    expect(await state(id)).toBe("interrupted");
    await resumeInterrupted(rig.ports);
    expect(await state(id)).toBe("queued");
  });

  it("tries three times, more and more slowly, then says that it waits for a person", async () => {
    const id = await interrupted();
    const waits: (number | null)[] = [];
    for (let i = 0; i < 3; i++) {
      const wait = await resumeInterrupted(rig.ports);
      if (wait !== null) {
        waits.push(wait);
        rig.time += wait;
        await resumeInterrupted(rig.ports);
      }
      expect(await state(id)).toBe("queued");
      await rig.claim();
      await rig.recover();
    }
    expect(waits.map((w) => Math.round((w ?? 0) / 1000))).toEqual([5, 20]);
    rig.time += 3_600_000;
    expect(await resumeInterrupted(rig.ports)).toBeNull();
    expect(await state(id)).toBe("interrupted");
    expect((await rig.stores.journal.read(id, 0, 100)).at(-1)?.event).toMatchObject({
      reasons: expect.arrayContaining([message("gave-up", { times: 3 })]) as unknown,
    });
  });
});
