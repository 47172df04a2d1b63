import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type MemoryStores, memoryStores } from "#app/adapters/memory/stores.ts";
import type { ClusterSecrets } from "#app/domain/cluster/spec.ts";
import type { OperationState } from "#app/domain/operation/operation.ts";
import type { StackResult, StackRun } from "#app/ports/stack-engine.ts";
import type { RunPorts } from "#app/services/run-parts.ts";
import { addCluster, addPerson } from "#tests/contract/fixtures.ts";
import { startWorker, type Worker, type WorkerSettings } from "./worker.ts";

const noKeys: ClusterSecrets = {
  portalPrivateKey: "key",
  hostKeys: {},
  bootstrapTokens: {},
  pki: { caCert: "", caKey: "", etcdCaCert: "", etcdCaKey: "", frontProxyCaCert: "", frontProxyCaKey: "", serviceAccountKey: "", serviceAccountPublicKey: "" },
};

let stores: MemoryStores;
let ports: RunPorts;
let tenantId: string;
let worker: Worker | null;
/** Runs under way, each with the way to end it. */
let under: { readonly run: StackRun; readonly end: (result: StackResult) => void }[];
let recovered: string[];

beforeEach(async () => {
  stores = memoryStores();
  tenantId = (await addPerson(stores, "mina")).tenantId;
  worker = null;
  under = [];
  recovered = [];
  ports = {
    ...stores,
    engine: {
      run: (run, _, cancel) =>
        new Promise((end) => {
          under.push({ run, end });
          cancel.addEventListener("abort", () => end({ result: "cancelled" }));
        }),
      recover: (run) => {
        recovered.push(run.operationId);
        return Promise.resolve({ brokeLock: false, notes: [] });
      },
      forget: () => Promise.resolve([]),
    },
    hypervisor: {
      ping: () => Promise.resolve({ uri: "", libvirtVersion: "", qemuVersion: "" }),
      capacity: () => Promise.resolve({ hostName: "", cpus: 99, memoryMiB: 1e6, freeMemoryMiB: 1e6, diskGiB: 1e6, freeDiskGiB: 1e6 }),
      inventory: () => Promise.resolve({ machines: [], networks: [], pools: [], volumes: [] }),
      ensureImagePool: () => Promise.resolve(),
      remove: () => Promise.resolve(),
      removeVolume: () => Promise.resolve(),
    },
    machineHost: () => Promise.resolve({ libvirtUri: "", imageFolder: "", imagePool: "", poolRoot: "", consoleFolder: "" }),
    exists: () => Promise.resolve(false),
    memoryReserveMiB: 0,
    now: Date.now,
    newId: randomUUID,
  };
});
afterEach(async () => worker?.stop());

const start = (over: Partial<WorkerSettings> = {}) => {
  worker = startWorker(ports, { workerId: randomUUID(), slots: 2, pollMs: 10, leaseMs: 500, drainMs: 0, ...over });
  return worker;
};

async function submit(kind: "preview" | "refresh" = "refresh"): Promise<string> {
  const { id: clusterId } = await addCluster(stores, tenantId, `c${under.length}-${randomUUID().slice(0, 8)}`);
  await stores.secrets.putClusterSecrets(tenantId, clusterId, noKeys);
  const id = randomUUID();
  const asked = { requestedBy: "p", requestedByName: "mina", requestedAt: Date.now(), idempotencyKey: null };
  await stores.operations.submit({ id, tenantId, clusterId, kind, planKind: "update", specRevision: 1, planId: null, ...asked });
  return id;
}

async function comesTo(id: string, state: OperationState): Promise<void> {
  await expect.poll(async () => (await stores.operations.get(id))?.state, { timeout: 5_000 }).toBe(state);
}

describe("the worker", () => {
  it("runs what is queued, as many at once as it has slots, the rest after them", async () => {
    const ids = [await submit(), await submit(), await submit()];
    start();
    await expect.poll(() => under.length).toBe(2);
    // Which of those asked for in the same millisecond comes first is left open.
    const states = await Promise.all(ids.map(async (id) => (await stores.operations.get(id))?.state));
    expect(states.sort()).toEqual(["queued", "running", "running"]);
    for (let i = 0; i < 3; i++) {
      await expect.poll(() => under.length).toBeGreaterThan(i);
      under[i]?.end({ result: "succeeded", rows: [], kubeconfig: null });
    }
    for (const id of ids) await comesTo(id, "succeeded");
  });

  it("looks at once when it is woken", async () => {
    const { wake } = start({ pollMs: 60_000 });
    await new Promise((resolve) => setImmediate(resolve));
    const id = await submit();
    wake();
    await expect.poll(() => under.length).toBe(1);
    under[0]?.end({ result: "succeeded", rows: [], kubeconfig: null });
    await comesTo(id, "succeeded");
  });

  it("keeps the lease of a long run and sees the wish to cancel it", async () => {
    const id = await submit();
    start();
    await comesTo(id, "running");
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(await stores.operations.expired(Date.now())).toEqual([]);
    await stores.operations.requestCancel(id, "mina", Date.now());
    await comesTo(id, "cancelled");
  });

  it("interrupts what still runs when it is stopped, and takes nothing new", async () => {
    const id = await submit();
    const { stop } = start();
    await expect.poll(() => under.length).toBe(1);
    await stop();
    expect((await stores.operations.get(id))?.state).toBe("interrupted");
    const later = await submit();
    expect((await stores.operations.get(later))?.state).toBe("queued");
  });

  it("puts in order what a dead worker left, and marks it interrupted", async () => {
    const id = await submit();
    await stores.operations.claim({ workerId: "dead", now: Date.now() - 60_000, leaseMs: 1_000, maxRunning: 9 });
    start();
    await comesTo(id, "interrupted");
    expect(recovered).toEqual([id]);
  });
});
