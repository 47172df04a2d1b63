import { message, reported } from "#app/domain/message/message.ts";
import { beforeEach, describe, expect, it } from "vitest";
import type { FailureCause } from "#app/domain/operation/failure.ts";
import { replay } from "#app/domain/operation/progress.ts";
import { LeaseLost } from "#app/ports/operation-store.ts";
import type { StackResult } from "#app/ports/stack-engine.ts";
import { interrupt } from "#tests/contract/fixtures.ts";
import { resumeInterrupted } from "./run-recovery.ts";
import { RunRig } from "#tests/contract/run-rig.ts";

let rig: RunRig;
beforeEach(async () => {
  rig = await RunRig.start();
});

describe("a preview", () => {
  it("makes a plan with the host's capacity and journals it", async () => {
    const id = await rig.submit("preview");
    await rig.runNext();
    const made = await rig.planMadeBy(id);
    expect(made).toMatchObject({ kind: "update", operationId: id, fromRevision: 0, stateSerial: 0, rows: [rig.row], refusals: [] });
    expect(made?.headroom.find((h) => h.what === "memory")).toMatchObject({ before: 0, limit: 1e6 });
    expect(await rig.kinds(id)).toEqual(["queued", "running", "step", "planned", "succeeded"]);
    expect((await rig.cluster())?.state).toBe("draft");
  });

  it("refuses with numbers what the host cannot hold, and then no update runs", async () => {
    rig.capacity = { ...rig.capacity, memoryMiB: 100 };
    const made = await rig.plan();
    expect(made.refusals).toEqual([{ code: "memory", needed: made.headroom[0]?.after, available: 100, unit: "MiB" }]);
    rig.runs = [];
    await rig.submit("update", made.id);
    expect((await rig.runNext()).failure).toMatchObject({ cause: "out-of-memory", next: "free-room" });
    expect(rig.runs).toEqual([]);
  });
});

describe("an update", () => {
  it("brings the revision to life", async () => {
    const operation = await rig.update();
    expect(operation.state).toBe("succeeded");
    expect(await rig.cluster()).toMatchObject({ state: "ready", liveRevision: 1 });
    expect(await rig.kinds(operation.id)).toEqual(["queued", "running", "expected", "step", "succeeded"]);
  });

  it("runs no plan that another one overtook: the state moved", async () => {
    const [first, second] = [await rig.plan(), await rig.plan()];
    await rig.submit("update", first.id);
    await rig.runNext();
    await rig.submit("update", second.id);
    expect((await rig.runNext()).failure).toMatchObject({
      cause: "stale-plan",
      reasons: expect.arrayContaining([message("plan-of-other-state", { now: 1, planned: 0 })]) as unknown,
    });
  });

  it("does not run a plan that was changed in the store, or of another revision, or none", async () => {
    const made = await rig.plan();
    const forged = await rig.stores.clusters.addPlan({ ...made, id: "forged", rows: [{ ...rig.row, change: "delete" }] });
    for (const planId of [forged.id, null, "unknown"]) {
      await rig.submit("update", planId);
      expect((await rig.runNext()).failure?.cause).toBe("stale-plan");
    }
    expect(rig.runs.map((r) => r.kind)).toEqual(["preview"]);
  });

  it("that failed can be resumed with the plan it had, unless something else ran in between", async () => {
    const made = await rig.plan();
    rig.result = {
      result: "failed",
      failure: {
        step: "a",
        machine: null,
        phase: null,
        cause: "command-failed",
        reasons: [reported("no")],
        lastOutput: [],
        next: "resume",
      },
    };
    const id = await rig.submit("update", made.id);
    expect(await rig.runNext()).toMatchObject({ state: "failed", failure: { reasons: [reported("no")] } });
    expect((await rig.cluster())?.state).toBe("degraded");
    rig.result = rig.done;
    await rig.stores.operations.resume(id, "mina", ++rig.time);
    expect(await rig.runNext()).toMatchObject({ state: "succeeded", attempt: 2 });
    expect((await rig.cluster())?.state).toBe("ready");
  });

  it("that was cancelled is never resumed by Berth itself, and is stale when resumed after another one ran", async () => {
    const made = await rig.plan();
    rig.result = { result: "cancelled" };
    const id = await rig.submit("update", made.id);
    expect((await rig.runNext()).state).toBe("cancelled");
    await resumeInterrupted(rig.ports);
    expect((await rig.stores.operations.get(id))?.state).toBe("cancelled");
    rig.result = rig.done;
    expect((await rig.update()).state).toBe("succeeded");
    await rig.stores.operations.resume(id, "mina", ++rig.time);
    expect((await rig.runNext()).failure?.cause).toBe("stale-plan");
  });

  it("whose process died is recovered and waits as interrupted", async () => {
    const made = await rig.plan();
    rig.result = { result: "crashed", reasons: [reported("ended by SIGKILL")] };
    await rig.submit("update", made.id);
    const operation = await rig.runNext();
    expect(operation.state).toBe("interrupted");
    expect(rig.recovered).toBe(1);
    expect(await rig.kinds(operation.id)).toEqual(["queued", "running", "expected", "step", "notice", "recovery", "interrupted"]);
    expect(await rig.stores.clusters.stateSerial(rig.clusterId)).toBe(1);
  });

  it("that a stopping worker ended is interrupted, not cancelled", async () => {
    const made = await rig.plan();
    await rig.submit("update", made.id);
    rig.result = { result: "cancelled" };
    const stop = new AbortController();
    stop.abort("drain");
    expect((await rig.runNext(stop.signal)).state).toBe("interrupted");
  });

  const broken = (cause: FailureCause): StackResult => ({
    result: "failed",
    failure: { step: "cp0", machine: "cp0", phase: "boot", cause, reasons: [reported("it broke")], lastOutput: [], next: "resume" },
  });

  it("does not begin while libvirt does not answer, and continues when it does", async () => {
    const made = await rig.plan();
    rig.silent = true;
    rig.runs = [];
    const id = await rig.submit("update", made.id);
    expect(await rig.runNext()).toMatchObject({ state: "interrupted", failure: null });
    expect((await rig.stores.journal.read(id, 0, 100)).at(-1)?.event).toMatchObject({
      reasons: [message("libvirt-away"), reported("no answer")],
    });
    expect(await resumeInterrupted(rig.ports)).toBeNull();
    expect(rig.runs).toEqual([]);
    expect(await rig.stores.clusters.stateSerial(rig.clusterId)).toBe(0);
    rig.silent = false;
    await resumeInterrupted(rig.ports);
    expect(await rig.runNext()).toMatchObject({ id, state: "succeeded" });
  });

  it.each<FailureCause>(["libvirt-unreachable", "unknown", "phase-budget"])(
    "waits for libvirt when it goes away in the middle (%s)",
    async (cause) => {
      const id = await rig.submit("update", (await rig.plan()).id);
      rig.result = () => {
        rig.silent = true;
        return Promise.resolve(broken(cause));
      };
      expect(await rig.runNext()).toMatchObject({ state: "interrupted", failure: null });
      expect(await rig.kinds(id)).toEqual(["queued", "running", "expected", "step", "notice", "interrupted"]);
      expect((await rig.cluster())?.state).toBe("provisioning");
      rig.silent = false;
      rig.result = rig.done;
      await resumeInterrupted(rig.ports);
      expect(await rig.runNext()).toMatchObject({ id, state: "succeeded" });
    },
  );

  it.each<[FailureCause, boolean]>([
    ["kubeadm-init", true],
    ["unknown", false],
  ])("fails for a reason of its own (%s, libvirt silent: %s)", async (cause, silent) => {
    await rig.submit("update", (await rig.plan()).id);
    rig.result = () => {
      rig.silent = silent;
      return Promise.resolve(broken(cause));
    };
    expect(await rig.runNext()).toMatchObject({ state: "failed", failure: { cause } });
    expect((await rig.cluster())?.state).toBe("degraded");
  });

  it("fails where the host has no space for the image, whose pool libvirt was asked to make", async () => {
    const full = () => Promise.reject(new Error("asking libvirt at u (virsh pool-build): cannot create path: No space left on device"));
    await rig.update();
    await rig.submit("update", (await rig.plan()).id);
    rig.ports = rig.withLibvirt({ ensureImagePool: full });
    expect(await rig.runNext()).toMatchObject({ state: "failed", failure: { cause: "out-of-disk", next: "free-room" } });
    expect((await rig.cluster())?.state).toBe("ready");
  });

  it("that was handed over again and again without getting further waits for a person", async () => {
    const id = await rig.submit("update", (await rig.plan()).id);
    rig.result = { result: "cancelled" };
    for (let i = 0; i < 4; i += 1) {
      expect((await rig.runNext(AbortSignal.abort("drain"))).state).toBe("interrupted");
      rig.time += 60_000;
      await resumeInterrupted(rig.ports);
    }
    expect((await rig.stores.operations.get(id))?.state).toBe("interrupted");
    expect((await rig.stores.journal.read(id, 0, 100)).at(-1)?.event).toMatchObject({
      reasons: expect.arrayContaining([message("gave-up", { times: 3 })]) as unknown,
    });
  });

  it("is told at once when it only asks", async () => {
    rig.silent = true;
    await rig.submit("preview");
    expect(await rig.runNext()).toMatchObject({ state: "failed", failure: { cause: "libvirt-unreachable", next: "check-libvirt" } });
  });

  it("writes nothing more once its lease is somebody else's", async () => {
    const made = await rig.plan();
    const id = await rig.submit("update", made.id);
    const taken = await rig.claim();
    rig.result = async () => {
      await interrupt(rig.stores, id, rig.time + 120_000);
      return rig.done;
    };
    await expect(rig.run(taken)).rejects.toBeInstanceOf(LeaseLost);
    expect((await rig.stores.operations.get(id))?.state).toBe("interrupted");
    expect((await rig.cluster())?.liveRevision).toBe(0);
  });
});

describe("a destroy", () => {
  const destroy = async () => {
    await rig.update();
    await rig.submit("destroy", (await rig.plan("destroy")).id, "destroy");
    return await rig.runNext();
  };

  it("proves what is gone and forgets the keys", async () => {
    expect((await destroy()).state).toBe("succeeded");
    const receipt = await rig.stores.clusters.receipt(rig.clusterId);
    expect(new Set(receipt?.rows.map((r) => r.what))).toEqual(
      new Set(["machine", "disk", "network", "pool", "file", "state", "secret", "address"]),
    );
    expect(receipt?.rows.every((r) => r.gone)).toBe(true);
    expect(await rig.stores.secrets.clusterSecrets(rig.tenantId, rig.clusterId)).toBeNull();
    expect((await rig.cluster())?.state).toBe("gone");
  });

  it("whose state is lost is planned by what the host still has of the cluster, and is approved and carried out as such", async () => {
    await rig.update();
    const { machines, networks, prefix } = (await rig.stores.clusters.spec(rig.clusterId, 1)) ?? expect.fail();
    const owner = { tenantId: rig.tenantId, clusterId: rig.clusterId, stackName: "demo", machine: "" };
    const machine = {
      name: machines[0]?.libvirtName ?? "",
      state: "running" as const,
      memoryMiB: 1,
      vcpus: 1,
      owner: { ...owner, machine: "cp0" },
    };
    rig.inventory = {
      machines: [machine, { ...machine, name: `${prefix}-strange`, owner: null }],
      networks: networks.map(({ name }) => ({ name, active: true, bridgeLeft: false, owner })),
      pools: [{ name: prefix, folder: `/p/${prefix}` }],
      volumes: [{ pool: prefix, name: `${machine.name}.qcow2`, path: "/p", capacityBytes: 1 }],
    };
    rig.result = { result: "succeeded", rows: [] };
    const made = await rig.plan("destroy");
    expect(made.rows.map((r) => `${r.change} ${r.name}`).toSorted()).toEqual([
      "delete cp0",
      "delete cp0-disk",
      "delete main-network",
      "delete main-pool",
    ]);
    const id = await rig.submit("destroy", made.id, "destroy");
    rig.inventory = rig.nothing;
    expect((await rig.runNext()).state).toBe("succeeded");
    expect(
      replay(await rig.stores.journal.read(id, 0, 100))
        .rows.filter((r) => r.urn.startsWith("urn:berth:"))
        .map((r) => r.status),
    ).toEqual(["done", "done", "done", "done"]);
  });

  it("says in its receipt what was gone already when it began", async () => {
    await rig.update();
    const made = await rig.plan("destroy");
    const { machines, prefix } = (await rig.stores.clusters.spec(rig.clusterId, 1)) ?? expect.fail();
    const libvirtName = machines[0]?.libvirtName ?? "";
    const engine = {
      ...rig.engine,
      run: async (...[, onEvents]: Parameters<typeof rig.engine.run>) => {
        await onEvents([{ kind: "recovery", automatic: false, did: [message("gone-already", { what: "machine", name: libvirtName })] }]);
        return rig.done;
      },
    };
    rig.ports = { ...rig.ports, engine };
    await rig.submit("destroy", made.id, "destroy");
    expect((await rig.runNext()).state).toBe("succeeded");
    const rows = (await rig.stores.clusters.receipt(rig.clusterId))?.rows ?? [];
    expect(rows.filter((r) => r.proof.code === "gone-before")).toEqual([
      { what: "machine", name: libvirtName, gone: true, proof: message("gone-before") },
    ]);
    expect(rows).toContainEqual({ what: "network", name: prefix, gone: true, proof: message("no-network") });
  });

  it("that left a machine reports it, keeps state and keys, and can be resumed", async () => {
    await rig.update();
    const made = await rig.plan("destroy");
    const owner = { tenantId: rig.tenantId, clusterId: rig.clusterId, stackName: "demo", machine: "cp0" };
    rig.inventory = { ...rig.nothing, machines: [{ name: "stubborn", state: "running", memoryMiB: 1, vcpus: 1, owner }] };
    const id = await rig.submit("destroy", made.id, "destroy");
    expect((await rig.runNext()).failure?.reasons).toContainEqual(
      message("left-after-teardown", { what: "machine", name: expect.stringContaining("stubborn") as string }),
    );
    expect((await rig.cluster())?.state).toBe("degraded");
    expect(await rig.stores.secrets.clusterSecrets(rig.tenantId, rig.clusterId)).not.toBeNull();
    rig.inventory = rig.nothing;
    await rig.stores.operations.resume(id, "mina", ++rig.time);
    expect((await rig.runNext()).state).toBe("succeeded");
  });

  it("leaves alone what is merely called like the cluster's, and is not kept from its end by it", async () => {
    await rig.update();
    const made = await rig.plan("destroy");
    const { prefix } = (await rig.stores.clusters.spec(rig.clusterId, 1)) ?? expect.fail();
    rig.inventory = { ...rig.nothing, machines: [{ name: `${prefix}-mine`, state: "running", memoryMiB: 1, vcpus: 1, owner: null }] };
    const removed: string[] = [];
    rig.ports = rig.withLibvirt({ remove: async (_, name) => void removed.push(name) });
    await rig.submit("destroy", made.id, "destroy");
    expect((await rig.runNext()).state).toBe("succeeded");
    expect(removed).toEqual([]);
  });

  // The keys go before the receipt is written, and the receipt before the operation ends: a crash may come between.
  it.each(["its keys", "its receipt", "its end"])(
    "that was cut off before it had written %s comes to its end when it is resumed",
    async (cut) => {
      await rig.update();
      const made = await rig.plan("destroy");
      const id = await rig.submit("destroy", made.id, "destroy");
      const taken = await rig.claim();
      const broken = () => Promise.reject(new LeaseLost("killed here"));
      const [keys, receipt, end] = ["its keys", "its receipt", "its end"].map((what) => what === cut);
      const secrets = { ...rig.stores.secrets, ...(keys ? { removeCluster: broken } : {}) };
      const clusters = { ...rig.stores.clusters, ...(receipt ? { setReceipt: broken } : {}) };
      const operations = { ...rig.stores.operations, ...(end ? { finish: broken } : {}) };
      await expect(rig.run(taken, { ports: { ...rig.ports, secrets, clusters, operations } })).rejects.toBeInstanceOf(LeaseLost);
      await rig.recover();
      await rig.stores.operations.resume(id, "mina", ++rig.time);
      expect((await rig.runNext()).state).toBe("succeeded");
      expect((await rig.cluster())?.state).toBe("gone");
      expect((await rig.stores.clusters.receipt(rig.clusterId))?.rows.every((r) => r.gone)).toBe(true);
      expect(await rig.stores.secrets.clusterSecrets(rig.tenantId, rig.clusterId)).toBeNull();
    },
  );
});

describe("capacity, when an update starts", () => {
  it("is asked for once more: a host that has shrunk since the approval is not filled beyond its limit", async () => {
    const { id } = await rig.plan();
    const update = await rig.submit("update", id);
    rig.capacity = { ...rig.capacity, memoryMiB: 1_024 };
    rig.runs = [];
    expect((await rig.runNext()).failure).toMatchObject({
      cause: "out-of-memory",
      next: "free-room",
      reasons: [{ code: "not-enough-memory" }],
    });
    expect(rig.runs).toEqual([]);
    expect((await rig.cluster())?.reserved).toBeNull();
    rig.capacity = { ...rig.capacity, memoryMiB: 1e6 };
    await rig.stores.operations.resume(update, "mina", rig.time);
    expect((await rig.runNext()).state).toBe("succeeded");
  });

  it("is not asked for by what may stand on the host already", async () => {
    const { id } = await rig.plan();
    rig.result = { result: "crashed", reasons: [reported("the engine was killed")] };
    await rig.submit("update", id);
    const { id: operation, state } = await rig.runNext();
    expect(state).toBe("interrupted");
    rig.capacity = { ...rig.capacity, memoryMiB: 1_024 };
    rig.result = rig.done;
    await rig.stores.operations.resume(operation, "mina", rig.time);
    expect((await rig.runNext()).state).toBe("succeeded");
  });
});
