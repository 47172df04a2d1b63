import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { type MemoryStores, memoryStores } from "#app/adapters/memory/stores.ts";
import type { ClusterSecrets } from "#app/domain/cluster/spec.ts";
import type { Operation, OperationKind } from "#app/domain/operation/operation.ts";
import type { PlanRow } from "#app/domain/plan/plan.ts";
import type { HostCapacity, Inventory } from "#app/ports/hypervisor.ts";
import { type Claim, LeaseLost } from "#app/ports/operation-store.ts";
import type { StackEngine, StackResult, StackRun } from "#app/ports/stack-engine.ts";
import { addHome, noon } from "#tests/contract/fixtures.ts";
import { recoverOperation, runOperation } from "./run-operation.ts";
import type { RunPorts } from "./run-parts.ts";

const row: PlanRow = { urn: "urn:1", name: "demo-cp0", type: "libvirt:index/domain:Domain", phase: "boot", change: "create", impact: "none", machine: "demo-cp0", changed: [] };
const nothing: Inventory = { machines: [], networks: [], pools: [], volumes: [] };
const done: StackResult = { result: "succeeded", rows: [row], kubeconfig: "apiVersion: v1" };

let stores: MemoryStores;
let tenantId: string;
let clusterId: string;
let ports: RunPorts;
let result: StackResult | (() => Promise<StackResult>);
let inventory: Inventory;
let capacity: HostCapacity;
let runs: StackRun[];
let recovered: number;
let time: number;

const engine: StackEngine = {
  async run(run, onEvents) {
    runs.push(run);
    await onEvents([{ kind: "step", step: { urn: row.urn, name: row.name, type: row.type, phase: "boot", machine: row.machine }, change: "create", status: "running" }]);
    return typeof result === "function" ? await result() : result;
  },
  recover: () => {
    recovered++;
    return Promise.resolve({ brokeLock: true, notes: ["removed a lock"] });
  },
  forget: () => Promise.resolve(["state/demo.json"]),
};

beforeEach(async () => {
  stores = memoryStores();
  const home = await addHome(stores);
  tenantId = home.tenantId;
  clusterId = home.cluster.id;
  const secrets: ClusterSecrets = {
    portalPrivateKey: "key",
    hostKeys: {},
    bootstrapTokens: {},
    pki: { caCert: "", caKey: "", etcdCaCert: "", etcdCaKey: "", frontProxyCaCert: "", frontProxyCaKey: "", serviceAccountKey: "", serviceAccountPublicKey: "" },
  };
  await stores.secrets.putClusterSecrets(tenantId, clusterId, secrets);
  result = done;
  inventory = nothing;
  capacity = { hostName: "h", cpus: 64, memoryMiB: 1e6, freeMemoryMiB: 1e6, diskGiB: 1e6, freeDiskGiB: 1e6 };
  runs = [];
  recovered = 0;
  time = noon;
  ports = {
    ...stores,
    engine,
    hypervisor: {
      ping: () => Promise.resolve({ uri: "u", libvirtVersion: "9", qemuVersion: "10" }),
      capacity: () => Promise.resolve(capacity),
      inventory: () => Promise.resolve(inventory),
      ensureImagePool: () => Promise.resolve(),
      remove: () => Promise.resolve(),
      removeVolume: () => Promise.resolve(),
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
  const taken = await stores.operations.claim({ workerId: "w", now: ++time, leaseMs: 60_000, maxRunning: 9 });
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

async function update(): Promise<Operation> {
  await submit("update", (await plan()).id);
  return await runNext();
}

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

  it("is stale when resumed after another one ran", async () => {
    const made = await plan();
    result = { result: "cancelled" };
    const id = await submit("update", made.id);
    expect((await runNext()).state).toBe("cancelled");
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
    expect(await kinds(operation.id)).toEqual(["queued", "running", "expected", "step", "notice", "notice", "interrupted"]);
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
      await stores.operations.interrupt(id, "expired", time + 120_000);
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
    inventory = { ...nothing, machines: [{ name: "stubborn", state: "running", memoryMiB: 1, vcpus: 1 }] };
    const id = await submit("destroy", made.id, "destroy");
    expect((await runNext()).failure?.message).toContain("machine stubborn");
    expect((await cluster())?.state).toBe("degraded");
    expect(await stores.secrets.clusterSecrets(tenantId, clusterId)).not.toBeNull();
    inventory = nothing;
    await stores.operations.resume(id, "mina", ++time);
    expect((await runNext()).state).toBe("succeeded");
  });
});

describe("recovering what a dead worker left", () => {
  it("puts the stack in order before the operation is marked interrupted", async () => {
    const made = await plan();
    const id = await submit("update", made.id);
    const { operation } = await claim();
    time += 120_000;
    expect(await recoverOperation(ports, operation)).toMatchObject({ id, state: "interrupted" });
    expect(recovered).toBe(1);
  });

  it("says what keeps it from doing so, and leaves it to the resume", async () => {
    const made = await plan();
    const id = await submit("update", made.id);
    const { operation } = await claim();
    time += 120_000;
    const broken = { ...engine, recover: () => Promise.reject(new Error("libvirt does not answer")) };
    await recoverOperation({ ...ports, engine: broken }, operation);
    const last = (await stores.journal.read(id, 0, 100)).at(-1);
    expect(last?.event).toMatchObject({ to: "interrupted", reason: expect.stringContaining("libvirt does not answer") });
  });
});
