import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { type MemoryStores, memoryStores } from "#app/adapters/memory/stores.ts";
import { exampleSecrets, exampleSpec } from "#app/domain/cluster/example-spec.ts";
import type { Operation, OperationKind } from "#app/domain/operation/operation.ts";
import type { PlanRow } from "#app/domain/plan/plan.ts";
import type { HostCapacity, Inventory } from "#app/ports/hypervisor.ts";
import { type Claim, LeaseLost } from "#app/ports/operation-store.ts";
import type { StackEngine, StackResult, StackRun } from "#app/ports/stack-engine.ts";
import { addHome, interrupt, noon } from "#tests/contract/fixtures.ts";
import { recoverOperation, resumeInterrupted } from "./run-recovery.ts";
import { runOperation } from "./run-operation.ts";
import type { RunPorts } from "./run-parts.ts";

const row: PlanRow = { urn: "urn:1", name: "demo-cp0", type: "libvirt:index/domain:Domain", phase: "boot", change: "create", impact: "none", machine: "demo-cp0", changed: [] };
const nothing: Inventory = { machines: [], networks: [], pools: [], volumes: [] };
const done: StackResult = { result: "succeeded", rows: [row], kubeconfig: "apiVersion: v1" };

const fine = () => Promise.resolve();

let stores: MemoryStores;
let tenantId: string;
let clusterId: string;
let ports: RunPorts;
let result: StackResult | (() => Promise<StackResult>);
let inventory: Inventory;
let capacity: HostCapacity;
let runs: StackRun[];
let [recovered, time] = [0, noon];

const engine: StackEngine = {
  async run(run, onEvents) {
    runs.push(run);
    await onEvents([{ kind: "step", step: { urn: row.urn, name: row.name, type: row.type, phase: "boot", machine: row.machine }, change: "create", status: "running" }]);
    return typeof result === "function" ? await result() : result;
  },
  recover: () => {
    recovered++;
    return Promise.resolve({ notes: ["removed a lock"] });
  },
  forget: () => Promise.resolve(["state/demo.json"]),
};

beforeEach(async () => {
  stores = memoryStores();
  const home = await addHome(stores);
  tenantId = home.tenantId;
  clusterId = home.cluster.id;
  await stores.secrets.putClusterSecrets(tenantId, clusterId, exampleSecrets(exampleSpec()));
  result = done;
  inventory = nothing;
  capacity = { hostName: "h", cpus: 64, memoryMiB: 1e6, freeMemoryMiB: 1e6, diskGiB: 1e6, freeDiskGiB: 1e6 };
  runs = [];
  [recovered, time] = [0, noon];
  ports = {
    ...stores,
    engine,
    hypervisor: {
      ping: () => Promise.resolve({ uri: "u", libvirtVersion: "9", qemuVersion: "10" }),
      capacity: () => Promise.resolve(capacity),
      inventory: () => Promise.resolve(inventory),
      ...{ ensureImagePool: fine, remove: fine, completePool: fine, removeVolume: fine, switchOff: fine, switchOn: fine, restart: fine, switchedOff: () => Promise.resolve([]) },
    },
    machineHost: () => Promise.resolve({ libvirtUri: "u", imageFolder: "/i", imagePool: "i", poolRoot: "/p", consoleFolder: "/c" }),
    exists: () => Promise.resolve(false),
    memoryReserveMiB: 0,
    now: () => ++time,
    newId: randomUUID,
  };
});

async function submit(kind: OperationKind, planId: string | null = null, planKind: "update" | "destroy" = "update"): Promise<string> {
  const id = randomUUID();
  const specRevision = (await stores.clusters.get(clusterId))?.revision ?? 1;
  const asked = { requestedBy: "p", requestedByName: "mina", requestedAt: ++time, idempotencyKey: null };
  await stores.operations.submit({ id, tenantId, clusterId, kind, planKind, specRevision, planId, ...asked });
  return id;
}

async function claim(): Promise<{ operation: Operation; claim: Claim }> {
  const taken = await stores.operations.claim({ workerId: "w", now: () => ++time, leaseMs: 60_000, maxRunning: 9 });
  if (!taken) throw new Error("there is nothing to claim");
  return taken;
}

async function runNext(stop: AbortSignal = new AbortController().signal): Promise<Operation> {
  const taken = await claim();
  return await runOperation(ports, taken.operation, taken.claim, stop);
}

async function plan(planKind: "update" | "destroy" = "update") {
  await submit("preview", null, planKind);
  expect((await runNext()).state).toBe("succeeded");
  const [newest] = [...(await stores.clusters.plans(clusterId))].sort((a, b) => b.number - a.number);
  if (!newest) throw new Error("there is no plan");
  return newest;
}

const update = async (): Promise<Operation> => submit("update", (await plan()).id).then(() => runNext());

const kinds = async (id: string) => (await stores.journal.read(id, 0, 100)).map(({ event: e }) => (e.kind === "state" ? e.to : e.kind));
const cluster = async () => await stores.clusters.get(clusterId);

describe("a preview", () => {
  it("makes a plan with the host's room and journals it", async () => {
    const id = await submit("preview");
    await runNext();
    const [made] = await stores.clusters.plans(clusterId);
    expect(made).toMatchObject({ kind: "update", operationId: id, fromRevision: 0, stateSerial: 0, rows: [row], refusals: [] });
    expect(made?.headroom.find((h) => h.what === "memory")).toMatchObject({ before: 0, limit: 1e6 });
    expect(await kinds(id)).toEqual(["queued", "running", "step", "planned", "succeeded"]);
    expect((await cluster())?.state).toBe("draft");
  });

  it("refuses with numbers what the host cannot hold, and then no update runs", async () => {
    capacity = { ...capacity, memoryMiB: 100 };
    const made = await plan();
    expect(made.refusals).toEqual([{ code: "memory", needed: made.headroom[0]?.after, available: 100, unit: "MiB" }]);
    runs = [];
    await submit("update", made.id);
    expect((await runNext()).failure).toMatchObject({ cause: "out-of-memory", next: "free-room" });
    expect(runs).toEqual([]);
  });
});

describe("an update", () => {
  it("brings the revision to life and keeps the kubeconfig", async () => {
    const operation = await update();
    expect(operation.state).toBe("succeeded");
    expect(await cluster()).toMatchObject({ state: "ready", liveRevision: 1 });
    expect(await stores.secrets.kubeconfig(tenantId, clusterId)).toBe("apiVersion: v1");
    expect(await kinds(operation.id)).toEqual(["queued", "running", "expected", "step", "succeeded"]);
  });

  it("runs no plan twice: the state moved", async () => {
    const { id } = await plan();
    await submit("update", id);
    await runNext();
    await submit("update", id);
    expect((await runNext()).failure).toMatchObject({ cause: "stale-plan", message: expect.stringContaining("the cluster was changed since") });
  });

  it("does not run a plan that was changed in the store, or of another revision, or none", async () => {
    const made = await plan();
    const forged = await stores.clusters.addPlan({ ...made, id: "forged", rows: [{ ...row, change: "delete" }] });
    for (const planId of [forged.id, null, "unknown"]) {
      await submit("update", planId);
      expect((await runNext()).failure?.cause).toBe("stale-plan");
    }
    expect(runs.map((r) => r.kind)).toEqual(["preview"]);
  });

  it("that failed can be resumed with the plan it had, unless something else ran in between", async () => {
    const made = await plan();
    result = { result: "failed", failure: { step: "a", machine: null, phase: null, cause: "command-failed", message: "no", lastOutput: [], next: "resume" } };
    const id = await submit("update", made.id);
    expect(await runNext()).toMatchObject({ state: "failed", failure: { message: "no" } });
    expect((await cluster())?.state).toBe("degraded");
    result = done;
    await stores.operations.resume(id, "mina", ++time);
    expect(await runNext()).toMatchObject({ state: "succeeded", attempt: 2 });
    expect((await cluster())?.state).toBe("ready");
  });

  it("that was cancelled is never resumed by Berth itself, and is stale when resumed after another one ran", async () => {
    const made = await plan();
    result = { result: "cancelled" };
    const id = await submit("update", made.id);
    expect((await runNext()).state).toBe("cancelled");
    await resumeInterrupted(ports);
    expect((await stores.operations.get(id))?.state).toBe("cancelled");
    result = done;
    expect((await update()).state).toBe("succeeded");
    await stores.operations.resume(id, "mina", ++time);
    expect((await runNext()).failure?.cause).toBe("stale-plan");
  });

  it("whose process died is put in order and waits as interrupted", async () => {
    const made = await plan();
    result = { result: "crashed", reason: "ended by SIGKILL" };
    await submit("update", made.id);
    const operation = await runNext();
    expect(operation.state).toBe("interrupted");
    expect(recovered).toBe(1);
    expect(await kinds(operation.id)).toEqual(["queued", "running", "expected", "step", "notice", "recovery", "interrupted"]);
    expect(await stores.clusters.stateSerial(clusterId)).toBe(1);
  });

  it("that a stopping worker ended is interrupted, not cancelled", async () => {
    const made = await plan();
    await submit("update", made.id);
    result = { result: "cancelled" };
    const stop = new AbortController();
    stop.abort("drain");
    expect((await runNext(stop.signal)).state).toBe("interrupted");
  });

  it("does not begin while libvirt does not answer", async () => {
    const made = await plan();
    ports = { ...ports, hypervisor: { ...ports.hypervisor, ping: () => Promise.reject(new Error("no answer")) } };
    runs = [];
    await submit("update", made.id);
    expect((await runNext()).failure).toMatchObject({ cause: "libvirt-unreachable", message: "no answer" });
    expect(runs).toEqual([]);
    expect(await stores.clusters.stateSerial(clusterId)).toBe(0);
  });

  it("writes nothing more once its lease is somebody else's", async () => {
    const made = await plan();
    const id = await submit("update", made.id);
    const taken = await claim();
    result = async () => {
      await interrupt(stores, id, time + 120_000);
      return done;
    };
    await expect(runOperation(ports, taken.operation, taken.claim, new AbortController().signal)).rejects.toBeInstanceOf(LeaseLost);
    expect((await stores.operations.get(id))?.state).toBe("interrupted");
    expect((await cluster())?.liveRevision).toBe(0);
  });
});

describe("a destroy", () => {
  const destroy = async () => {
    await update();
    await submit("destroy", (await plan("destroy")).id, "destroy");
    return await runNext();
  };

  it("proves what is gone and forgets the keys", async () => {
    expect((await destroy()).state).toBe("succeeded");
    const receipt = await stores.clusters.receipt(clusterId);
    expect(new Set(receipt?.rows.map((r) => r.what))).toEqual(new Set(["machine", "disk", "network", "pool", "file", "state", "secret", "address"]));
    expect(receipt?.rows.every((r) => r.gone)).toBe(true);
    expect(await stores.secrets.clusterSecrets(tenantId, clusterId)).toBeNull();
    expect((await cluster())?.state).toBe("gone");
  });

  it("that left a machine says so, keeps state and keys, and can be resumed", async () => {
    await update();
    const made = await plan("destroy");
    const owner = { tenantId, clusterId, stackName: "demo", machine: "demo-cp0" };
    inventory = { ...nothing, machines: [{ name: "stubborn", state: "running", memoryMiB: 1, vcpus: 1, owner }] };
    const id = await submit("destroy", made.id, "destroy");
    expect((await runNext()).failure?.message).toContain("machine stubborn");
    expect((await cluster())?.state).toBe("degraded");
    expect(await stores.secrets.clusterSecrets(tenantId, clusterId)).not.toBeNull();
    inventory = nothing;
    await stores.operations.resume(id, "mina", ++time);
    expect((await runNext()).state).toBe("succeeded");
  });

  it("leaves alone what is merely called like the cluster's, and is not kept from its end by it", async () => {
    await update();
    const made = await plan("destroy");
    const { prefix } = (await stores.clusters.spec(clusterId, 1)) ?? expect.fail();
    inventory = { ...nothing, machines: [{ name: `${prefix}-mine`, state: "running", memoryMiB: 1, vcpus: 1, owner: null }] };
    const removed: string[] = [];
    ports = { ...ports, hypervisor: { ...ports.hypervisor, remove: async (_, name) => void removed.push(name) } };
    await submit("destroy", made.id, "destroy");
    expect((await runNext()).state).toBe("succeeded");
    expect(removed).toEqual([]);
  });

  // The keys go before the receipt is written, and the receipt before the operation ends: a crash may come between.
  it.each(["its keys", "its receipt", "its end"])("that was cut off before it had written %s comes to its end when it is resumed", async (cut) => {
    await update();
    const made = await plan("destroy");
    const id = await submit("destroy", made.id, "destroy");
    const taken = await claim();
    const broken = () => Promise.reject(new LeaseLost("killed here"));
    const [keys, receipt, end] = ["its keys", "its receipt", "its end"].map((what) => what === cut);
    const secrets = { ...stores.secrets, ...(keys ? { removeCluster: broken } : {}) };
    const clusters = { ...stores.clusters, ...(receipt ? { setReceipt: broken } : {}) };
    const operations = { ...stores.operations, ...(end ? { finish: broken } : {}) };
    await expect(runOperation({ ...ports, secrets, clusters, operations }, taken.operation, taken.claim, new AbortController().signal)).rejects.toBeInstanceOf(LeaseLost);
    await recover();
    await stores.operations.resume(id, "mina", ++time);
    expect((await runNext()).state).toBe("succeeded");
    expect((await cluster())?.state).toBe("gone");
    expect((await stores.clusters.receipt(clusterId))?.rows.every((r) => r.gone)).toBe(true);
    expect(await stores.secrets.clusterSecrets(tenantId, clusterId)).toBeNull();
  });
});

/** What another worker does that finds the only running operation without its holder. */
async function recover(with_: RunPorts = ports): Promise<Operation> {
  const [held] = await stores.operations.held();
  const taken = held && (await stores.operations.takeOver(held, { workerId: "rescuer", now: ++time, leaseMs: 60_000 }));
  if (!taken) throw new Error("there is nothing to take over");
  return await recoverOperation(with_, taken.operation, taken.claim);
}

describe("recovering what a dead worker left", () => {
  async function begun(): Promise<string> {
    const made = await plan();
    const id = await submit("update", made.id);
    await claim();
    return id;
  }

  it("puts the stack in order before the operation is marked interrupted, and journals what was done", async () => {
    const id = await begun();
    expect(await recover()).toMatchObject({ id, state: "interrupted" });
    expect(recovered).toBe(1);
    const did = (await stores.journal.read(id, 0, 100)).flatMap(({ event: e }) => (e.kind === "recovery" ? e.did : []));
    expect(did).toEqual(["took over: the process that ran it is gone", "removed a lock"]);
  });

  it("says what keeps it from doing so, and leaves it to the resume", async () => {
    const id = await begun();
    await recover({ ...ports, engine: { ...engine, recover: () => Promise.reject(new Error("libvirt does not answer")) } });
    const last = (await stores.journal.read(id, 0, 100)).at(-1);
    expect(last?.event).toMatchObject({ to: "interrupted", reason: expect.stringContaining("libvirt does not answer") });
  });

  it("ends as cancelled what a person wanted to be cancelled", async () => {
    const id = await begun();
    await stores.operations.requestCancel(id, "mina", ++time);
    expect((await recover()).state).toBe("cancelled");
  });

  it("has nothing to put in order for a preview, which goes on", async () => {
    const id = await submit("preview");
    await claim();
    expect((await recover()).state).toBe("interrupted");
    expect(recovered).toBe(0);
    await resumeInterrupted(ports);
    expect((await stores.operations.get(id))?.state).toBe("queued");
    expect((await runNext()).state).toBe("succeeded");
  });

  it("stops at once when yet another worker took over", async () => {
    const id = await begun();
    const steps: string[] = [];
    const slow: StackEngine = {
      ...engine,
      recover: async (_, holds) => {
        const [held] = await stores.operations.held();
        if (held) await stores.operations.takeOver(held, { workerId: "third", now: ++time, leaseMs: 60_000 });
        await holds?.();
        steps.push("went on");
        return { notes: [] };
      },
    };
    await expect(recover({ ...ports, engine: slow })).rejects.toBeInstanceOf(LeaseLost);
    expect(steps).toEqual([]);
    expect((await stores.operations.get(id))?.state).toBe("running");
  });
});

describe("going on by itself", () => {
  const interrupted = async () => {
    const made = await plan();
    const id = await submit("update", made.id);
    await claim();
    await recover();
    return id;
  };
  const state = async (id: string) => (await stores.operations.get(id))?.state;

  it("queues what was interrupted again, under Berth's name", async () => {
    const id = await interrupted();
    await resumeInterrupted(ports);
    expect((await stores.journal.read(id, 0, 100)).at(-1)?.event).toMatchObject({ kind: "state", to: "queued", by: "Berth" });
    expect((await runNext()).state).toBe("succeeded");
  });

  it("waits until libvirt answers and the image is there", async () => {
    const id = await interrupted();
    await resumeInterrupted({ ...ports, hypervisor: { ...ports.hypervisor, ping: () => Promise.reject(new Error("no answer")) } });
    await resumeInterrupted({ ...ports, machineHost: () => Promise.resolve(null) });
    expect(await state(id)).toBe("interrupted");
    await resumeInterrupted(ports);
    expect(await state(id)).toBe("queued");
  });

  it("tries three times, more and more slowly, then says that it waits for a person", async () => {
    const id = await interrupted();
    const waits: (number | null)[] = [];
    for (let i = 0; i < 3; i++) {
      const wait = await resumeInterrupted(ports);
      if (wait !== null) {
        waits.push(wait);
        time += wait;
        await resumeInterrupted(ports);
      }
      expect(await state(id)).toBe("queued");
      await claim();
      await recover();
    }
    expect(waits.map((w) => Math.round((w ?? 0) / 1000))).toEqual([5, 20]);
    time += 3_600_000;
    expect(await resumeInterrupted(ports)).toBeNull();
    expect(await state(id)).toBe("interrupted");
    expect((await stores.journal.read(id, 0, 100)).at(-1)?.event).toMatchObject({ reason: expect.stringContaining("waits for a person") });
  });
});
