/**
 * The operation store and the journal against a model of a few lines: fast-check makes up histories of people who submit,
 * repeat, cancel and resume, and of workers that claim, beat, write, end, crash, wake up again and take over. After each
 * step the store must say what the model says; at the end of a history every journal is read from its first entry.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type OperationKind, operationKinds } from "#app/domain/operation/kinds.ts";
import { canCancel, canMove, canResume, endOf, isOver, type Operation, type OperationState } from "#app/domain/operation/operation.ts";
import { nextInLine } from "#app/domain/operation/queue.ts";
import { type Claim, ClusterBusy, KeyReused, LeaseLost, type NewOperation } from "#app/ports/operation-store.ts";
import { addCluster, addPerson, expired, interrupt, newOperation, noon, type OpenStores, type StoreSet } from "#tests/contract/fixtures.ts";

interface ModelOperation {
  readonly wanted: NewOperation;
  readonly id: string;
  readonly cluster: number;
  readonly kind: OperationKind;
  state: OperationState;
  attempt: number;
  cancelRequestedAt: number | null;
  entries: number;
  /** Every state it was in, in order. */
  readonly states: OperationState[];
  /** The claim that may write; its holder may have crashed. */
  claim: Claim | null;
  leaseUntil: number;
}

interface Model {
  now: number;
  readonly operations: ModelOperation[];
  /** Tenant of each claim that was made, in order. */
  readonly turns: string[];
  /** Claims that are over. */
  readonly stale: Claim[];
}

interface Home {
  readonly personId: string;
  readonly tenantId: string;
}

interface Real {
  readonly stores: StoreSet;
  readonly homes: readonly Home[];
  readonly clusters: readonly { readonly id: string; readonly home: Home }[];
}

type Command = fc.AsyncCommand<Model, Real>;
type Ran = (name: string) => void;
const leaseMs = 1_000;

const unfinishedOn = (m: Model, cluster: number) => m.operations.find((o) => o.cluster === cluster && !isOver(o.state));
const pick = <T>(from: readonly T[], at: number): T | undefined => (from.length === 0 ? undefined : from[at % from.length]);
const held = (m: Model) => m.operations.flatMap((o) => (o.claim ? [{ operation: o, claim: o.claim }] : []));

function moveModel(m: Model, o: ModelOperation, to: OperationState, entries: number): void {
  expect(canMove(o.state, to)).toBe(true);
  endClaim(m, o);
  o.states.push(to);
  Object.assign(o, { state: to, entries: o.entries + entries });
}

function endClaim(m: Model, o: ModelOperation): void {
  if (o.claim) m.stale.push(o.claim);
  o.claim = null;
}

/** The store's view of every operation is the model's. */
async function agree(m: Model, r: Real): Promise<void> {
  const lists = await Promise.all(r.homes.map(({ tenantId }) => r.stores.operations.list({ tenantId, limit: 1_000 })));
  const real = new Map(lists.flat().map((o) => [o.id, o]));
  expect(real.size).toBe(m.operations.length);
  for (const o of m.operations) agreeOn(o, real.get(o.id));
}

function agreeOn(o: ModelOperation, real: Operation | undefined): void {
  expect(real).toMatchObject({ state: o.state, attempt: o.attempt, cancelRequestedAt: o.cancelRequestedAt });
  expect(real?.endedAt !== null).toBe(isOver(o.state));
}

/** Nobody's journal has a gap or a double, and it tells the states in which the operation was. */
async function journalsAgree(m: Model, r: Real): Promise<void> {
  for (const o of m.operations) {
    const entries = await r.stores.journal.read(o.id, 0, 10_000);
    expect(entries.map((e) => e.seq)).toEqual(Array.from({ length: o.entries }, (_, i) => i + 1));
    expect(entries.flatMap((e) => (e.event.kind === "state" ? [e.event.to] : []))).toEqual(o.states);
    expect(await r.stores.journal.head(o.id)).toBe(o.entries);
  }
}

type Act = (m: Model, r: Real) => Promise<void>;
type Acts = (name: string, act: Act) => Command;

/** A command that may always be tried. `act` drives store and model alike. */
const commandsFor =
  (ran: Ran): Acts =>
  (name, act) => ({
    check: () => true,
    run: async (m, r) => {
      ran(name);
      await act(m, r);
      await agree(m, r);
    },
    toString: () => name,
  });

const submit =
  (cluster: number, kind: OperationKind, keyed: boolean): Act =>
  async (m, r) => {
    const target = r.clusters[cluster];
    if (!target) return;
    const wanted = newOperation(
      { ...target.home, cluster: target },
      { kind, requestedAt: m.now, idempotencyKey: keyed ? `key ${m.operations.length}` : null },
    );
    const busy = unfinishedOn(m, cluster);
    if (busy) {
      const refused = r.stores.operations.submit(wanted);
      await expect(refused).rejects.toBeInstanceOf(ClusterBusy);
      return await expect(refused).rejects.toMatchObject({ operationId: busy.id });
    }
    expect(await r.stores.operations.submit(wanted)).toMatchObject({ created: true });
    const fresh = { attempt: 0, cancelRequestedAt: null, entries: 1, claim: null, leaseUntil: 0, states: ["queued" as const] };
    m.operations.push({ wanted, id: wanted.id, cluster, kind, state: "queued", ...fresh });
  };

/** A person who got no answer asks again, or uses the key for something else. */
const repeat =
  (at: number): Act =>
  async (m, r) => {
    const o = pick(
      m.operations.filter((x) => x.wanted.idempotencyKey !== null),
      at,
    );
    if (!o) return;
    const again = await r.stores.operations.submit({ ...o.wanted, id: `${o.id}-again`, requestedAt: m.now });
    expect(again).toMatchObject({ created: false, operation: { id: o.id, state: o.state } });
    await expect(r.stores.operations.submit({ ...o.wanted, id: `${o.id}-other`, specRevision: 99 })).rejects.toBeInstanceOf(KeyReused);
  };

const claim =
  (maxRunning: number, maxPerTenant: number): Act =>
  async (m, r) => {
    const waiting = m.operations
      .filter((o) => o.state === "queued")
      .map((o) => ({ operationId: o.id, tenantId: o.wanted.tenantId, requestedAt: o.wanted.requestedAt }));
    const running = m.operations.filter((o) => o.state === "running").map((o) => o.wanted.tenantId);
    const turns = new Map(m.turns.map((tenantId, i) => [tenantId, i + 1]));
    const next = nextInLine({ waiting, running, turns }, { maxRunning, maxPerTenant, memoryLow: false });
    const taken = await r.stores.operations.claim({ workerId: "w", now: () => m.now, leaseMs, maxRunning, maxPerTenant });
    expect(taken?.claim.operationId).toBe(next?.operationId);
    const o = m.operations.find((x) => x.id === taken?.claim.operationId);
    if (!o || !taken) return;
    m.turns.push(o.wanted.tenantId);
    moveModel(m, o, "running", 1);
    Object.assign(o, { attempt: o.attempt + 1, claim: taken.claim, leaseUntil: m.now + leaseMs });
  };

/** Also what a worker does that was stopped for long and wakes up while nobody has taken its operation. */
const heartbeat =
  (at: number): Act =>
  async (m, r) => {
    const own = pick(held(m), at);
    if (!own) return;
    const answer = await r.stores.operations.heartbeat(own.claim, m.now, leaseMs);
    expect(answer).toBe(own.operation.cancelRequestedAt === null ? "held" : "cancel-requested");
    own.operation.leaseUntil = m.now + leaseMs;
  };

const append =
  (at: number, count: number): Act =>
  async (m, r) => {
    const own = pick(held(m), at);
    if (!own) return;
    const events = Array.from({ length: count }, (_, i) => ({ kind: "truncated" as const, lines: i }));
    const entries = await r.stores.journal.append(own.claim, events, m.now);
    expect(entries.map((e) => e.seq)).toEqual(events.map((_, i) => own.operation.entries + 1 + i));
    own.operation.entries += count;
  };

const finish =
  (at: number, to: "succeeded" | "failed" | "cancelled" | "interrupted"): Act =>
  async (m, r) => {
    const own = pick(held(m), at);
    if (!own) return;
    const ended = await r.stores.operations.finish(own.claim, to, [], null, m.now);
    moveModel(m, own.operation, endOf(own.operation, to), 1);
    expect(ended.state).toBe(own.operation.state);
  };

const cancel =
  (at: number): Act =>
  async (m, r) => {
    const o = pick(m.operations, at);
    if (!o) return;
    const may = canCancel(o);
    expect((await r.stores.operations.requestCancel(o.id, "mina", m.now)) !== null).toBe(may);
    if (!may) return;
    o.cancelRequestedAt = m.now;
    if (o.state === "running") o.entries += 1;
    else moveModel(m, o, "cancelled", 2);
  };

const pass =
  (ms: number): Act =>
  async (m, r) => {
    m.now += ms;
    const late = m.operations.filter((o) => o.state === "running" && o.leaseUntil < m.now).map((o) => o.id);
    expect((await expired(r.stores, m.now)).toSorted()).toEqual(late.toSorted());
  };

/** The worker is gone, and another one recovers its operation. */
const crash =
  (at: number): Act =>
  async (m, r) => {
    const o = pick(m.operations, at);
    if (!o) return;
    const may = o.state === "running";
    expect((await interrupt(r.stores, o.id, m.now)) !== null).toBe(may);
    if (!may) return;
    moveModel(m, o, endOf(o, "interrupted"), 1);
  };

/** The worker is gone for sure: another one continues under a claim of its own. Of two who try, one does. */
const takeOver =
  (at: number): Act =>
  async (m, r) => {
    const all = await r.stores.operations.held();
    expect(all.map((h) => h.operation.id).toSorted()).toEqual(
      m.operations.flatMap((o) => (o.state === "running" ? [o.id] : [])).toSorted(),
    );
    const from = pick(all, at);
    const o = m.operations.find((x) => x.id === from?.operation.id);
    if (!from || !o) return;
    const tries = ["w2", "w3"].map((workerId) => r.stores.operations.takeOver(from, { workerId, now: m.now, leaseMs }));
    const taken = (await Promise.all(tries)).filter((t) => t !== null);
    expect(taken).toHaveLength(1);
    endClaim(m, o);
    Object.assign(o, { claim: taken[0]?.claim ?? null, leaseUntil: m.now + leaseMs });
  };

const resume =
  (at: number, by: string): Act =>
  async (m, r) => {
    const o = pick(m.operations, at);
    if (!o) return;
    // Berth itself continues with what was interrupted, and with nothing that a person ended.
    const from = by === "Berth" ? (["interrupted"] as const) : undefined;
    const busy = unfinishedOn(m, o.cluster);
    const asked = r.stores.operations.resume(o.id, by, m.now, from);
    if (!canResume(o) || from?.some((s) => s === o.state) === false) return expect(await asked).toBeNull();
    if (busy && busy !== o) return await expect(asked).rejects.toMatchObject({ name: "ClusterBusy", operationId: busy.id });
    expect(await asked).toMatchObject({ state: "queued" });
    moveModel(m, o, "queued", 1);
    o.cancelRequestedAt = null;
  };

/** A worker that wakes up when its operation has another holder, or none, or is over. */
const staleWrite =
  (at: number): Act =>
  async (m, r) => {
    const old = pick(m.stale, at);
    if (!old) return;
    expect(await r.stores.operations.heartbeat(old, m.now, leaseMs)).toBe("lost");
    await expect(r.stores.operations.finish(old, "succeeded", [], null, m.now)).rejects.toBeInstanceOf(LeaseLost);
    await expect(r.stores.journal.append(old, [{ kind: "truncated", lines: 1 }], m.now)).rejects.toBeInstanceOf(LeaseLost);
  };

const compact: Act = async (m, r) => void (await r.stores.journal.compact({ overBefore: m.now + 1, operations: 3 }));

const which = fc.nat({ max: 5 });
const limit = fc.integer({ min: 1, max: 4 });

function anyHistory(on: Acts) {
  const submits = fc.tuple(fc.nat({ max: 3 }), fc.constantFrom(...operationKinds), fc.boolean());
  const ends = fc.tuple(which, fc.constantFrom("succeeded", "failed", "cancelled", "interrupted"));
  const someSubmit = submits.map(([c, kind, keyed]) => on(`submit(${c}, ${kind}${keyed ? ", keyed" : ""})`, submit(c, kind, keyed)));
  const someClaim = fc.tuple(limit, limit).map(([all, each]) => on(`claim(${all}, ${each})`, claim(all, each)));
  return fc.commands(
    [
      // More often than the rest, or most histories would have nothing to work on.
      ...[someSubmit, someSubmit, someSubmit, someClaim, someClaim, someClaim],
      which.map((at) => on(`repeat(${at})`, repeat(at))),
      which.map((at) => on(`heartbeat(${at})`, heartbeat(at))),
      fc.tuple(which, limit).map(([at, count]) => on(`append(${at}, ${count})`, append(at, count))),
      ends.map(([at, to]) => on(`finish(${at}, ${to})`, finish(at, to))),
      which.map((at) => on(`cancel(${at})`, cancel(at))),
      fc.constantFrom(1, 999, 1_000, 1_001).map((ms) => on(`pass(${ms} ms)`, pass(ms))),
      which.map((at) => on(`crash(${at})`, crash(at))),
      which.map((at) => on(`take over(${at})`, takeOver(at))),
      fc.tuple(which, fc.constantFrom("mina", "Berth")).map(([at, by]) => on(`resume(${at}, ${by})`, resume(at, by))),
      which.map((at) => on(`stale write(${at})`, staleWrite(at))),
      fc.constant(on("compact", compact)),
    ],
    { maxCommands: 60, size: "max" },
  );
}

/** So that the next history begins with nobody's claims. */
async function endAll(m: Model, r: Real): Promise<void> {
  for (const { operation, claim: c } of held(m)) {
    await r.stores.operations.finish(c, "cancelled", [], null, m.now);
    operation.state = "cancelled";
  }
  for (const o of m.operations) if (!isOver(o.state)) await r.stores.operations.requestCancel(o.id, "mina", m.now);
}

async function beginWith(stores: StoreSet, history: number): Promise<Real> {
  const homes = [await addPerson(stores, `mina-${history}`), await addPerson(stores, `jun-${history}`)];
  const clusters = [];
  for (const [i, name] of ["a", "b", "c", "d"].entries()) {
    const home = homes[i % 2] ?? expect.fail("no home");
    clusters.push({ id: (await addCluster(stores, home.tenantId, name, 0, 1_000_000)).id, home });
  }
  return { stores, homes, clusters };
}

/** BERTH_TEST_HISTORIES asks for more of them, as the fault suite does. */
export function operationModelContract(open: OpenStores, histories: number): void {
  const runs = Number(process.env["BERTH_TEST_HISTORIES"] ?? histories);
  describe("operation state machine", () => {
    test(`any history of commands leaves what the model says (${runs} histories)`, { timeout: 60_000 + runs * 1_000 }, async () => {
      const counts = new Map<string, number>();
      const ran = (name: string) => counts.set(name.replace(/\(.*/, ""), (counts.get(name.replace(/\(.*/, "")) ?? 0) + 1);
      const stores = await open();
      let history = 0;
      try {
        const property = fc.asyncProperty(anyHistory(commandsFor(ran)), async (commands) => {
          const real = await beginWith(stores, history++);
          const model: Model = { now: noon, operations: [], turns: [], stale: [] };
          try {
            await fc.asyncModelRun(() => ({ model, real }), commands);
            await journalsAgree(model, real);
          } finally {
            await endAll(model, real);
          }
        });
        await fc.assert(property, { numRuns: runs });
      } finally {
        await stores.close();
      }
      const total = [...counts.values()].reduce((n, c) => n + c, 0);
      console.info(
        `operation state machine: ${history} histories, ${total} commands (${[...counts].map(([name, c]) => `${name} ${c}`).join(", ")})`,
      );
    });
  });
}
