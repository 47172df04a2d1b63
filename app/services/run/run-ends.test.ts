/** Who may say how an operation ends, and what its cluster is then. */
import { reported } from "#app/domain/message/message.ts";
import { beforeEach, describe, expect, it } from "vitest";
import { LeaseLost } from "#app/ports/operation-store.ts";
import { CommitInDoubt, StorageTrouble } from "#app/ports/storage-trouble.ts";
import { interrupt } from "#tests/contract/fixtures.ts";
import { resumeInterrupted } from "./run-recovery.ts";
import { RunRig } from "#tests/contract/run-rig.ts";

let rig: RunRig;
beforeEach(async () => {
  rig = await RunRig.start();
});

describe("a person's cancel", () => {
  const cancel = (id: string) => rig.stores.operations.requestCancel(id, "mina", ++rig.time);

  it.each(["while recovery repairs what a crash left", "while the run is handed over"])(
    "%s ends the operation: Berth does not take it up again",
    async (when) => {
      const id = await rig.submit("update", (await rig.plan()).id);
      const stop = new AbortController();
      if (when.includes("crash")) {
        rig.result = { result: "crashed", reasons: [reported("ended by SIGKILL")] };
        rig.ports = { ...rig.ports, engine: { ...rig.engine, recover: () => cancel(id).then(() => ({ notes: [] })) } };
      } else {
        stop.abort("drain");
        rig.result = () => cancel(id).then(() => ({ result: "cancelled" }));
      }
      expect((await rig.runNext(stop.signal)).state).toBe("cancelled");
      await resumeInterrupted(rig.ports);
      expect(await rig.stores.operations.get(id)).toMatchObject({ state: "cancelled" });
      expect((await rig.cluster())?.state).toBe("degraded");
    },
  );

  it("of what waits interrupted says that its cluster is not as it should be, whichever way it was going", async () => {
    await rig.update();
    const id = await rig.submit("destroy", (await rig.plan("destroy")).id, "destroy");
    rig.result = { result: "crashed", reasons: [reported("ended by SIGKILL")] };
    await rig.runNext();
    expect((await rig.cluster())?.state).toBe("destroying");
    await cancel(id);
    expect((await rig.cluster())?.state).toBe("degraded");
  });

  it("between Berth's check for what it can continue and the continuation is kept", async () => {
    const id = await rig.submit("update", (await rig.plan()).id);
    rig.result = { result: "crashed", reasons: [reported("ended by SIGKILL")] };
    await rig.runNext();
    const { hypervisor } = rig;
    await resumeInterrupted(rig.withLibvirt({ ping: () => cancel(id).then(() => hypervisor.ping()) }));
    expect((await rig.stores.operations.get(id))?.state).toBe("cancelled");
  });

  it("of what has not begun leaves the cluster as it is", async () => {
    await rig.update();
    await cancel(await rig.submit("destroy", (await rig.plan("destroy")).id, "destroy"));
    expect((await rig.cluster())?.state).toBe("ready");
  });
});

describe("a run that is refused when it continues", () => {
  it("does not leave its cluster as if it were still being taken down", async () => {
    await rig.update();
    const id = await rig.submit("destroy", (await rig.plan("destroy")).id, "destroy");
    rig.result = { result: "crashed", reasons: [reported("ended by SIGKILL")] };
    await rig.runNext();
    await rig.stores.operations.resume(id, "mina", ++rig.time);
    rig.ports = { ...rig.ports, machineHost: () => Promise.resolve(null) };
    expect((await rig.runNext()).failure).toMatchObject({ cause: "engine-missing" });
    expect((await rig.cluster())?.state).toBe("degraded");
  });

  it("does not leave a living cluster as if it had not been changed half way", async () => {
    await rig.update();
    const id = await rig.submit("update", (await rig.plan()).id);
    rig.result = { result: "crashed", reasons: [reported("ended by SIGKILL")] };
    await rig.runNext();
    expect((await rig.cluster())?.state).toBe("ready");
    await resumeInterrupted(rig.ports);
    rig.ports = { ...rig.ports, machineHost: () => Promise.resolve(null) };
    expect(await rig.runNext()).toMatchObject({ id, state: "failed" });
    expect((await rig.cluster())?.state).toBe("degraded");
  });

  it("leaves a cluster alone that nothing was done to", async () => {
    await rig.update();
    const { id: planId } = await rig.plan();
    await rig.update();
    await rig.submit("update", planId);
    expect((await rig.runNext()).failure).toMatchObject({ cause: "stale-plan" });
    expect((await rig.cluster())?.state).toBe("ready");
  });
});

describe("a holder that is none any more", () => {
  it("does not speak of the cluster: an end that was written and whose answer was lost stands", async () => {
    const operations = {
      ...rig.stores.operations,
      finish: async (...end: Parameters<typeof rig.stores.operations.finish>) =>
        Promise.reject(new Error(`lost after ${(await rig.stores.operations.finish(...end)).state}`)),
    };
    await rig.submit("update", (await rig.plan()).id);
    const taken = await rig.claim();
    await expect(rig.run(taken, { ports: { ...rig.ports, operations } })).rejects.toBeInstanceOf(LeaseLost);
    expect(await rig.stores.operations.get(taken.operation.id)).toMatchObject({ state: "succeeded" });
    expect((await rig.cluster())?.state).toBe("ready");
  });

  it("that slept while another one came to the end changes nothing when it wakes up", async () => {
    const { hypervisor } = rig;
    const elsewhere = async () => {
      await interrupt(rig.stores, taken.operation.id, ++rig.time);
      await rig.stores.operations.requestCancel(taken.operation.id, "mina", ++rig.time);
      await rig.stores.clusters.setState(rig.clusterId, "ready", ++rig.time);
      return await hypervisor.ping();
    };
    await rig.submit("update", (await rig.plan()).id);
    const taken = await rig.claim();
    await expect(rig.run(taken, { ports: rig.withLibvirt({ ping: elsewhere }) })).rejects.toBeInstanceOf(LeaseLost);
    expect((await rig.cluster())?.state).toBe("ready");
    expect(await rig.stores.clusters.stateSerial(rig.clusterId)).toBe(0);
    expect(rig.runs.map((r) => r.kind)).toEqual(["preview"]);
  });

  it("removes nothing of a teardown that another one may have ended", async () => {
    await rig.update();
    await rig.submit("destroy", (await rig.plan("destroy")).id, "destroy");
    const taken = await rig.claim();
    const owner = { tenantId: rig.tenantId, clusterId: rig.clusterId, stackName: "demo", machine: "cp0" };
    rig.inventory = { ...rig.nothing, machines: [{ name: "stubborn", state: "running", memoryMiB: 1, vcpus: 1, owner }] };
    const removed: string[] = [];
    const ports = rig.withLibvirt({ remove: async (_, name) => void removed.push(name) });
    // The keys are gone, so that there is nothing left for the engine.
    await rig.stores.secrets.removeCluster(rig.clusterId);
    await interrupt(rig.stores, taken.operation.id, ++rig.time);
    await expect(rig.run({ ...taken, operation: { ...taken.operation, attempt: 2 } }, { ports })).rejects.toBeInstanceOf(LeaseLost);
    expect(removed).toEqual([]);
  });
});

describe("the database in trouble that passes", () => {
  const troubles = [
    ...(["full", "locked", "unreachable"] as const).map((kind) => new StorageTrouble(kind, kind)),
    new CommitInDoubt("whether it was written is not known"),
  ];
  it.each(troubles)("(%s) does not end an operation: it stands where it stood, for the next holder", async (trouble) => {
    const id = await rig.submit("update", (await rig.plan()).id);
    rig.result = () => Promise.reject(trouble);
    await expect(rig.runNext()).rejects.toBe(trouble);
    expect(await rig.stores.operations.get(id)).toMatchObject({ state: "running", failure: null });
    expect((await rig.cluster())?.state).toBe("provisioning");
    rig.result = rig.done;
    await rig.recover();
    await resumeInterrupted(rig.ports);
    expect((await rig.runNext()).state).toBe("succeeded");
  });
});
