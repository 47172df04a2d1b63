/**
 * The operation store and the journal against a model of a few lines: fast-check makes up histories of submits, claims,
 * heartbeats, cancels, expiries, interruptions, resumes and ends, and after each step the store must say what the model says.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import { canCancel, canMove, canResume, isOver, type OperationKind, type OperationState, operationKinds } from "#app/domain/operation/operation.ts";
import { type Claim, ClusterBusy, LeaseLost } from "#app/ports/operation-store.ts";
import { addCluster, addPerson, newOperation, noon, type OpenStores, type StoreSet } from "./fixtures.ts";

interface ModelOperation {
  readonly id: string;
  readonly cluster: number;
  readonly kind: OperationKind;
  readonly requestedAt: number;
  state: OperationState;
  attempt: number;
  cancelRequestedAt: number | null;
  entries: number;
  claim: Claim | null;
  leaseUntil: number;
}

interface Model {
  now: number;
  readonly operations: ModelOperation[];
  readonly stale: Claim[];
}

interface Real {
  readonly stores: StoreSet;
  readonly home: { readonly personId: string; readonly tenantId: string };
  readonly clusters: readonly { readonly id: string }[];
}

type Command = fc.AsyncCommand<Model, Real>;
const leaseMs = 1_000;

const unfinishedOn = (m: Model, cluster: number) => m.operations.find((o) => o.cluster === cluster && !isOver(o.state));
const pick = <T>(from: readonly T[], at: number): T | undefined => (from.length === 0 ? undefined : from[at % from.length]);
const held = (m: Model) => m.operations.flatMap((o) => (o.claim ? [{ operation: o, claim: o.claim }] : []));

function moveModel(m: Model, o: ModelOperation, to: OperationState, entries: number): void {
  expect(canMove(o.state, to)).toBe(true);
  if (o.claim) m.stale.push(o.claim);
  Object.assign(o, { state: to, claim: null, entries: o.entries + entries });
}

/** The store's view of every operation is the model's. */
async function agree(m: Model, r: Real): Promise<void> {
  for (const o of m.operations) {
    const real = await r.stores.operations.get(o.id);
    expect(real).toMatchObject({ state: o.state, attempt: o.attempt, cancelRequestedAt: o.cancelRequestedAt });
    expect(real?.endedAt !== null).toBe(isOver(o.state));
    expect(await r.stores.journal.head(o.id)).toBe(o.entries);
  }
}

/** A command that may always be tried. `run` drives store and model alike. */
const command = (name: string, run: (m: Model, r: Real) => Promise<void>): Command => ({
  check: () => true,
  run: async (m, r) => {
    await run(m, r);
    await agree(m, r);
  },
  toString: () => name,
});

const submit = (cluster: number, kind: OperationKind) =>
  command(`submit(${cluster}, ${kind})`, async (m, r) => {
    const target = r.clusters[cluster];
    if (!target) return;
    const wanted = newOperation({ ...r.home, cluster: target }, { kind, requestedAt: m.now });
    const busy = unfinishedOn(m, cluster);
    if (busy) {
      const refused = r.stores.operations.submit(wanted);
      await expect(refused).rejects.toBeInstanceOf(ClusterBusy);
      await expect(refused).rejects.toMatchObject({ operationId: busy.id });
      return;
    }
    await r.stores.operations.submit(wanted);
    const fresh = { attempt: 0, cancelRequestedAt: null, entries: 1, claim: null, leaseUntil: 0 };
    m.operations.push({ id: wanted.id, cluster, kind, requestedAt: m.now, state: "queued", ...fresh });
  });

const claim = (maxRunning: number) =>
  command(`claim(at most ${maxRunning})`, async (m, r) => {
    const running = m.operations.filter((o) => o.state === "running").length;
    const oldest = m.operations.filter((o) => o.state === "queued").toSorted((a, b) => a.requestedAt - b.requestedAt || (a.id < b.id ? -1 : 1))[0];
    const taken = await r.stores.operations.claim({ workerId: "w", now: m.now, leaseMs, maxRunning });
    expect(taken?.claim.operationId).toBe(running < maxRunning ? oldest?.id : undefined);
    const o = m.operations.find((x) => x.id === taken?.claim.operationId);
    if (!o || !taken) return;
    moveModel(m, o, "running", 1);
    Object.assign(o, { attempt: o.attempt + 1, claim: taken.claim, leaseUntil: m.now + leaseMs });
  });

const heartbeat = (at: number) =>
  command(`heartbeat(${at})`, async (m, r) => {
    const own = pick(held(m), at);
    if (!own) return;
    const answer = await r.stores.operations.heartbeat(own.claim, m.now, leaseMs);
    expect(answer).toBe(own.operation.cancelRequestedAt === null ? "held" : "cancel-requested");
    own.operation.leaseUntil = m.now + leaseMs;
  });

const append = (at: number, count: number) =>
  command(`append(${at}, ${count})`, async (m, r) => {
    const own = pick(held(m), at);
    if (!own) return;
    const events = Array.from({ length: count }, (_, i) => ({ kind: "truncated" as const, lines: i }));
    const entries = await r.stores.journal.append(own.claim, events, m.now);
    expect(entries.map((e) => e.seq)).toEqual(events.map((_, i) => own.operation.entries + 1 + i));
    own.operation.entries += count;
  });

const finish = (at: number, to: "succeeded" | "failed" | "cancelled" | "interrupted") =>
  command(`finish(${at}, ${to})`, async (m, r) => {
    const own = pick(held(m), at);
    if (!own) return;
    await r.stores.operations.finish(own.claim, to, null, null, m.now);
    moveModel(m, own.operation, to, 1);
    if (to === "interrupted") own.operation.cancelRequestedAt = null;
  });

const cancel = (at: number) =>
  command(`cancel(${at})`, async (m, r) => {
    const o = pick(m.operations, at);
    if (!o) return;
    const may = canCancel(o);
    expect((await r.stores.operations.requestCancel(o.id, "mina", m.now)) !== null).toBe(may);
    if (!may) return;
    o.cancelRequestedAt = m.now;
    if (o.state === "running") o.entries += 1;
    else moveModel(m, o, "cancelled", 2);
  });

const pass = (ms: number) =>
  command(`pass(${ms} ms)`, async (m, r) => {
    m.now += ms;
    const late = m.operations.filter((o) => o.state === "running" && o.leaseUntil < m.now).map((o) => o.id);
    expect((await r.stores.operations.expired(m.now)).map((o) => o.id).toSorted()).toEqual(late.toSorted());
  });

const interrupt = (at: number) =>
  command(`interrupt(${at})`, async (m, r) => {
    const o = pick(m.operations, at);
    if (!o) return;
    const may = o.state === "running" && o.leaseUntil < m.now;
    expect((await r.stores.operations.interrupt(o.id, "worker gone", m.now)) !== null).toBe(may);
    if (!may) return;
    moveModel(m, o, "interrupted", 1);
    o.cancelRequestedAt = null;
  });

const resume = (at: number) =>
  command(`resume(${at})`, async (m, r) => {
    const o = pick(m.operations, at);
    if (!o) return;
    const busy = unfinishedOn(m, o.cluster);
    const asked = r.stores.operations.resume(o.id, "mina", m.now);
    if (!canResume(o)) return expect(await asked).toBeNull();
    if (busy && busy !== o) return await expect(asked).rejects.toMatchObject({ name: "ClusterBusy", operationId: busy.id });
    expect(await asked).toMatchObject({ state: "queued" });
    moveModel(m, o, "queued", 1);
    o.cancelRequestedAt = null;
  });

const staleWrite = (at: number) =>
  command(`stale write(${at})`, async (m, r) => {
    const old = pick(m.stale, at);
    if (!old) return;
    expect(await r.stores.operations.heartbeat(old, m.now, leaseMs)).toBe("lost");
    await expect(r.stores.operations.finish(old, "succeeded", null, null, m.now)).rejects.toBeInstanceOf(LeaseLost);
    await expect(r.stores.journal.append(old, [{ kind: "truncated", lines: 1 }], m.now)).rejects.toBeInstanceOf(LeaseLost);
  });

const which = fc.nat({ max: 5 });
const commands = fc.commands(
  [
    fc.tuple(fc.nat({ max: 2 }), fc.constantFrom(...operationKinds)).map(([c, kind]) => submit(c, kind)),
    fc.integer({ min: 1, max: 3 }).map(claim),
    which.map(heartbeat),
    fc.tuple(which, fc.integer({ min: 1, max: 3 })).map(([at, count]) => append(at, count)),
    fc.tuple(which, fc.constantFrom("succeeded", "failed", "cancelled", "interrupted")).map(([at, to]) => finish(at, to)),
    which.map(cancel),
    fc.constantFrom(1, 999, 1_000, 1_001).map(pass),
    which.map(interrupt),
    which.map(resume),
    which.map(staleWrite),
  ],
  { maxCommands: 60, size: "max" },
);

export function operationModelContract(open: OpenStores, runs: number): void {
  describe("operation state machine", () => {
    test("any history of commands leaves what the model says", { timeout: 60_000 }, async () => {
      const property = fc.asyncProperty(commands, async (history) => {
        const stores = await open();
        try {
          const home = await addPerson(stores, "mina");
          const clusters: Cluster[] = [];
          for (const name of ["a", "b", "c"]) clusters.push(await addCluster(stores, home.tenantId, name));
          await fc.asyncModelRun(() => ({ model: { now: noon, operations: [], stale: [] }, real: { stores, home, clusters } }), history);
        } finally {
          await stores.close();
        }
      });
      await fc.assert(property, { numRuns: runs });
    });
  });
}
