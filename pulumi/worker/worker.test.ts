import { message } from "#app/domain/message/message.ts";
import { createHash, randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type MemoryStores, memoryStores } from "#app/adapters/memory/stores.ts";
import type { ClusterSecrets } from "#app/domain/cluster/spec.ts";
import type { OperationState } from "#app/domain/operation/operation.ts";
import { planHash } from "#app/domain/plan/hash.ts";
import type { StackResult, RunRequest } from "#app/ports/stack-engine.ts";
import type { RunPorts } from "#app/services/run/run-parts.ts";
import { addCluster, addPerson, expired, planOf, registration } from "#tests/contract/fixtures.ts";
import { emptyHypervisor, everywhere } from "#tests/contract/empty-hypervisor.ts";
import { workerIdentity } from "./worker-identity.ts";
import { startWorker, type Worker, type WorkerSettings } from "./worker.ts";

const noKeys: ClusterSecrets = {
  portalPrivateKey: "key",
  hostKeys: {},
  bootstrapTokens: {},
  pki: {
    caCert: "",
    caKey: "",
    etcdCaCert: "",
    etcdCaKey: "",
    frontProxyCaCert: "",
    frontProxyCaKey: "",
    serviceAccountKey: "",
    serviceAccountPublicKey: "",
  },
};

let stores: MemoryStores;
let ports: RunPorts;
let tenantId: string;
let worker: Worker | null;
/** Runs under way, each with the way to end it. */
let under: { readonly run: RunRequest; readonly end: (result: StackResult) => void }[];
let recovered: string[];

beforeEach(async () => {
  stores = memoryStores();
  await stores.hosts.register(registration());
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
        return Promise.resolve({ notes: [] });
      },
      forget: () => Promise.resolve([]),
    },
    hypervisors: everywhere(emptyHypervisor),
    machineHost: () => Promise.resolve({ libvirtUri: "", imageFolder: "", imagePool: "", poolRoot: "", consoleFolder: "" }),
    exists: () => Promise.resolve(false),
    now: Date.now,
    newId: randomUUID,
  };
});
afterEach(async () => worker?.stop());

const start = (over: Partial<WorkerSettings> = {}) => {
  worker = startWorker(ports, { workerId: workerIdentity(randomUUID()), slots: 2, pollMs: 10, leaseMs: 500, drainMs: 0, ...over });
  return worker;
};

const emptyPlanHash = planHash(1, 0, [], (text) => createHash("sha256").update(text).digest("hex"));

/** Queues the update that an approved plan without rows asks for, of a cluster of its own. */
async function submit(): Promise<string> {
  const cluster = await addCluster(stores, tenantId, `c${under.length}-${randomUUID().slice(0, 8)}`);
  const { id: clusterId } = cluster;
  const { id: planId } = await stores.clusters.addPlan(planOf(cluster, { hash: emptyPlanHash }));
  await stores.secrets.putClusterSecrets(tenantId, clusterId, noKeys);
  const id = randomUUID();
  const asked = { requestedBy: "p", requestedByName: "mina", requestedAt: Date.now(), idempotencyKey: null };
  await stores.operations.submit({
    id,
    tenantId,
    clusterId,
    kind: "update",
    planKind: "update",
    specRevision: 1,
    planId,
    drift: null,
    ...asked,
  });
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
      under[i]?.end({ result: "succeeded", rows: [] });
    }
    for (const id of ids) await comesTo(id, "succeeded");
  });

  it("looks at once when it is woken", async () => {
    const { wake } = start({ pollMs: 60_000 });
    await new Promise((resolve) => setImmediate(resolve));
    const id = await submit();
    wake();
    await expect.poll(() => under.length).toBe(1);
    under[0]?.end({ result: "succeeded", rows: [] });
    await comesTo(id, "succeeded");
  });

  it("keeps the lease of a long run and sees the request to cancel it", async () => {
    const id = await submit();
    start();
    await comesTo(id, "running");
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(await expired(stores, Date.now())).toEqual([]);
    await stores.operations.requestCancel(id, "mina", Date.now());
    await comesTo(id, "cancelled");
  });

  it("hands over what still runs when it is stopped, takes nothing new, and the next worker continues with it", async () => {
    const id = await submit();
    const { stop } = start();
    await expect.poll(() => under.length).toBe(1);
    await stop();
    expect((await stores.operations.get(id))?.state).toBe("interrupted");
    expect((await stores.journal.read(id, 0, 9)).at(-1)?.event).toMatchObject({ reasons: [message("handed-over")] });
    const later = await submit();
    expect((await stores.operations.get(later))?.state).toBe("queued");
    start();
    await expect.poll(() => under.filter((u) => u.run.operationId === id).length).toBe(2);
    for (const u of under) u.end({ result: "succeeded", rows: [] });
    await comesTo(id, "succeeded");
  });

  it("lets running operations end in the time it is given", async () => {
    const id = await submit();
    const { stop } = start({ drainMs: 30_000 });
    await expect.poll(() => under.length).toBe(1);
    const stopped = stop();
    under[0]?.end({ result: "succeeded", rows: [] });
    await stopped;
    expect((await stores.operations.get(id))?.state).toBe("succeeded");
  });

  it("does not wait for an engine that does not end; the next worker takes its operation over", async () => {
    const deaf = { ...ports.engine, run: () => new Promise<StackResult>(() => undefined) };
    const id = await submit();
    const stopping = startWorker(
      { ...ports, engine: deaf },
      { workerId: gone(), slots: 1, pollMs: 10, leaseMs: 500, drainMs: 0, handOverMs: 50 },
    );
    await comesTo(id, "running");
    await stopping.stop();
    expect((await stores.operations.get(id))?.state).toBe("running");
  });

  it("takes over what a worker left that is proven dead, before its lease is over, and continues with it", async () => {
    const id = await submit();
    await stores.operations.claim({ workerId: gone(), now: Date.now, leaseMs: 600_000, maxRunning: 9 });
    const began = performance.now();
    start({ leaseMs: 60_000 });
    await expect.poll(() => under.length).toBe(1);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(recovered).toEqual([id]);
    under[0]?.end({ result: "succeeded", rows: [] });
    await comesTo(id, "succeeded");
  });

  it("leaves a person to resume where it is told to", async () => {
    const id = await submit();
    await stores.operations.claim({ workerId: gone(), now: Date.now, leaseMs: 600_000, maxRunning: 9 });
    start({ autoResume: false });
    await comesTo(id, "interrupted");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await stores.operations.get(id))?.state).toBe("interrupted");
  });

  it("takes nothing from a worker that is heard, and takes over from one that fell silent", async () => {
    const id = await submit();
    const taken = await stores.operations.claim({
      workerId: "somewhere else",
      now: () => Date.now() - 3_600_000,
      leaseMs: 1_000,
      maxRunning: 9,
    });
    // An hour behind by its clock, and yet alive: only silence counts.
    const beat = setInterval(() => void (taken && stores.operations.heartbeat(taken.claim, Date.now() - 3_600_000, 1_000)), 50);
    start({ leaseMs: 200, autoResume: false });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect((await stores.operations.get(id))?.state).toBe("running");
    clearInterval(beat);
    await comesTo(id, "interrupted");
  });

  it("begins other clusters' operations while it recovers one", async () => {
    const release = Promise.withResolvers<void>();
    const slow = { ...ports.engine, recover: () => release.promise.then(() => ({ notes: [] })) };
    ports = { ...ports, engine: slow };
    const dead = await submit();
    await stores.operations.claim({ workerId: gone(), now: Date.now, leaseMs: 600_000, maxRunning: 9 });
    const other = await submit();
    start({ slots: 1 });
    await expect.poll(() => under.map((u) => u.run.operationId)).toEqual([other]);
    expect((await stores.operations.get(dead))?.state).toBe("running");
    release.resolve();
    under[0]?.end({ result: "succeeded", rows: [] });
    await expect.poll(() => under.map((u) => u.run.operationId)).toEqual([other, dead]);
    under[1]?.end({ result: "succeeded", rows: [] });
    await comesTo(dead, "succeeded");
  });
});

/** The identity of a worker of this machine whose process is gone: the number lives on, the start does not fit. */
const gone = (): string => workerIdentity("gone").split("|").with(4, "1").join("|");
