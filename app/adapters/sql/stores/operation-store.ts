/**
 * Operations and their leases. Every transition is one transaction with its journal entry: what the store answers and
 * what a viewer reads in the journal cannot differ. The queue is this table too.
 *
 * A stack is free when no other operation of its cluster is unfinished, which a unique index guarantees; so a queued
 * operation is always one whose stack is free.
 *
 * On a full disk nothing new begins, but what ends, is interrupted or cancelled is still written.
 */
import { createHash } from "node:crypto";
import { sql } from "kysely";
import {
  assertMove,
  canCancel,
  canResume,
  endOf,
  isOver,
  mayHaveTouched,
  type Operation,
  type OperationState,
} from "#app/domain/operation/operation.ts";
import { kindOf, kindsThat } from "#app/domain/operation/kinds.ts";
import { requestOf } from "#app/domain/drift/drift-request.ts";
import type { Message } from "#app/domain/message/message.ts";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import { queuePlaces } from "#app/domain/operation/queue.ts";
import { failpoint } from "#app/ports/failpoint.ts";
import {
  type Claim,
  ClusterBusy,
  ClusterGone,
  type Held,
  KeyReused,
  type NewOperation,
  type OperationStore,
  type SubmitBounds,
  TooManyPreviews,
} from "#app/ports/operation-store.ts";
import type { BerthDatabase } from "#app/adapters/sql/database/database.ts";
import { journalEvents } from "#app/adapters/sql/journal/entries.ts";
import { leaseLost, nextGeneration, noLease } from "#app/adapters/sql/lease.ts";
import { createOperationLists } from "./operation-lists.ts";
import { forUpdate, isUniqueViolation, oneAtATime, type Trx } from "#app/adapters/sql/database/locks.ts";
import { reserve, settleReservation } from "./reservations.ts";
import { firstInLine, noteTurn, runningTenants, tenantsAtLimit, tenantTurns } from "./turn-order.ts";
import { toOperation } from "#app/adapters/sql/rows.ts";
import type { OperationRow } from "#app/adapters/sql/schema.ts";

const unfinished: readonly OperationState[] = ["queued", "running", "interrupted"];

export function createOperationStore(database: BerthDatabase): OperationStore {
  const { reader, reserve } = database;
  /** Runs one transaction; when it changed an operation, or that is not known, wakes the journal's readers after it. */
  const change = async <T>(name: Change, work: (trx: Trx) => Promise<T>, changed: (outcome: T) => string | null): Promise<T> => {
    try {
      const outcome = await database.writer.transaction().execute(async (trx) => {
        const decided = await work(trx);
        failpoint(`${name}.before-commit`);
        return decided;
      });
      failpoint(`${name}.after-commit`);
      const id = changed(outcome);
      if (id !== null) database.wakeUp.announce([id]);
      return outcome;
    } catch (error) {
      database.wakeUp.doubt();
      throw error;
    }
  };
  const changeOne = (name: Change, work: (trx: Trx) => Promise<Operation | null>) => change(name, work, (o) => o?.id ?? null);

  return {
    ...createOperationLists(database),
    submit: async (operation, bounds = {}) => {
      await reserve.demand();
      return await submit(database, { wanted: operation, bounds }, (work) =>
        change("submit", work, (o) => (o?.created ? o.operation.id : null)),
      );
    },
    get: async (id) => {
      const row = await reader.selectFrom("operations").selectAll().where("id", "=", id).executeTakeFirst();
      return row ? toOperation(row) : null;
    },
    byKey: async (requestedBy, key) => {
      const row = await reader
        .selectFrom("operations")
        .selectAll()
        .where("requested_by", "=", requestedBy)
        .where("idempotency_key", "=", key)
        .executeTakeFirst();
      return row ? toOperation(row) : null;
    },
    claim: async (q) => {
      const queued = await reader.selectFrom("operations").select("id").where("state", "=", "queued").limit(1).executeTakeFirst();
      if (!queued) return null;
      await reserve.demand();
      return await change(
        "claim",
        (trx) => claimNext(database, trx, q),
        (c) => c?.operation.id ?? null,
      );
    },
    queue: async (limits) => {
      const waiting = await reader
        .selectFrom("operations")
        .select(["id as operationId", "tenant_id as tenantId", "requested_at as requestedAt"])
        .where("state", "=", "queued")
        .execute();
      return waiting.length === 0
        ? []
        : queuePlaces({ waiting, running: await runningTenants(reader), turns: await tenantTurns(reader) }, limits);
    },
    heartbeat: async (claim, now, leaseMs) => {
      const held = underClaim(database.writer.updateTable("operations").set({ lease_until: now + leaseMs }), claim);
      const row = await reserve.keep(() => held.returning("cancel_requested_at").executeTakeFirst());
      if (!row) return "lost";
      return row.cancel_requested_at === null ? "held" : "cancel-requested";
    },
    finish: (claim, to, reasons, failure, now) =>
      reserve.keep(() =>
        change(
          "finish",
          (trx) => finish(database, trx, claim, { to, reasons, failure, now }),
          (o) => o.id,
        ),
      ),
    requestCancel: (id, by, now) => reserve.keep(() => changeOne("cancel", (trx) => requestCancel(database, trx, id, by, now))),
    resume: async (id, by, now, from) => {
      await reserve.demand();
      try {
        return await changeOne("resume", (trx) => resume(database, trx, id, { by, now, from }));
      } catch (error) {
        // Another operation of the cluster got in between the check and the write.
        const other = isUniqueViolation(error) ? await busyBeside(database, id) : null;
        throw other ? new ClusterBusy(other) : error;
      }
    },
    held: async () => {
      const rows = await reader.selectFrom("operations").selectAll().where("state", "=", "running").orderBy("id").execute();
      return rows.flatMap(toHeld);
    },
    takeOver: (from, q) =>
      reserve.keep(() =>
        change(
          "claim",
          (trx) => takeOver(database, trx, from, q),
          (c) => c?.operation.id ?? null,
        ),
      ),
  };
}

type Change = "submit" | "claim" | "finish" | "resume" | "cancel";

interface Submission {
  readonly wanted: NewOperation;
  readonly bounds: SubmitBounds;
}

type Submitted = { readonly operation: Operation; readonly created: boolean };

/** Tries again when the operation that was in the way has ended between the insert and the search for it. */
async function submit(
  database: BerthDatabase,
  submission: Submission,
  change: (work: (trx: Trx) => Promise<Submitted | null>) => Promise<Submitted | null>,
): Promise<Submitted> {
  for (let tries = 0; tries < 5; tries++) {
    const submitted = await change((trx) => submitOnce(database, trx, submission));
    if (submitted) return submitted;
    const busy = await unfinishedOf(database, submission.wanted.clusterId);
    if (busy) throw new ClusterBusy(busy);
  }
  throw new Error(`queueing operation ${submission.wanted.id}: its id is taken, or its cluster does not come to rest`);
}

/** Null when another operation of the cluster is in the way. */
async function submitOnce(database: BerthDatabase, trx: Trx, { wanted, bounds }: Submission): Promise<Submitted | null> {
  const earlier = await withSameKey(trx, wanted);
  if (earlier) return { operation: earlier, created: false };
  const inserted = await trx
    .insertInto("operations")
    .values(newRow(wanted))
    .onConflict((c) => c.doNothing())
    .returningAll()
    .executeTakeFirst();
  if (inserted) {
    const executed = await executionOfPlan(trx, wanted);
    if (executed) {
      await trx.deleteFrom("operations").where("id", "=", wanted.id).execute();
      return { operation: executed, created: false };
    }
    if (kindOf(wanted).reservesCapacity) await reserve(trx, database.engine, { ...wanted, hostLimit: bounds.hostLimit ?? null });
    await touchLiving(trx, wanted);
    if (kindOf(wanted).limitedPerTenant) await demandQueuedPreviews(database, trx, wanted, bounds);
    await journalEvents(trx, inserted.id, [{ kind: "state", to: "queued", reasons: [], by: wanted.requestedByName }], wanted.requestedAt);
    return { operation: toOperation(inserted), created: true };
  }
  // On PostgreSQL the insert waits for a rival with the same key, which is visible only now.
  const rival = await withSameKey(trx, wanted);
  return rival ? { operation: rival, created: false } : null;
}

/** Asked after the insert, which waits for a rival: one that has come to its end meanwhile is visible by then. */
async function executionOfPlan(trx: Trx, { id, clusterId, planId }: NewOperation): Promise<Operation | null> {
  if (planId === null) return null;
  const others = trx
    .selectFrom("operations")
    .selectAll()
    .where("cluster_id", "=", clusterId)
    .where("plan_id", "=", planId)
    .where("id", "<>", id);
  const row = await others.executeTakeFirst();
  return row ? toOperation(row) : null;
}

/** The statement waits for a discard that is under way, and then finds the cluster gone. */
async function touchLiving(trx: Trx, { clusterId, requestedAt }: NewOperation): Promise<void> {
  const living = trx.updateTable("clusters").set({ changed_at: requestedAt }).where("id", "=", clusterId).where("state", "<>", "gone");
  if (!(await living.returning("id").executeTakeFirst())) throw new ClusterGone(`cluster ${clusterId} is gone`);
}

/** Counted with the one that was just inserted. */
async function demandQueuedPreviews(
  database: BerthDatabase,
  trx: Trx,
  { tenantId }: NewOperation,
  { queuedPreviews }: SubmitBounds,
): Promise<void> {
  if (queuedPreviews === undefined) return;
  await oneAtATime(trx, database.engine, "reserve");
  const queued = trx
    .selectFrom("operations")
    .select((s) => s.fn.countAll<number>().as("count"))
    .where("state", "=", "queued");
  const { count } = await queued
    .where(
      "kind",
      "in",
      kindsThat((kind) => kind.limitedPerTenant),
    )
    .where("tenant_id", "=", tenantId)
    .executeTakeFirstOrThrow();
  if (count > queuedPreviews) throw new TooManyPreviews(`this tenant has ${queuedPreviews} previews queued already`);
}

async function withSameKey(trx: Trx, wanted: NewOperation): Promise<Operation | null> {
  if (wanted.idempotencyKey === null) return null;
  const query = trx.selectFrom("operations").selectAll().where("requested_by", "=", wanted.requestedBy);
  const row = await query.where("idempotency_key", "=", wanted.idempotencyKey).executeTakeFirst();
  if (!row) return null;
  if (row.body_hash !== bodyHash(wanted)) throw new KeyReused("this idempotency key was used before for another request");
  return toOperation(row);
}

/** Of what the person asked for, without what every attempt makes again. A request without one hashes as it did before there were any. */
const bodyHash = (o: NewOperation): string => {
  const driftRequest = o.drift === null ? [] : [requestOf(o.drift)];
  return createHash("sha256")
    .update(JSON.stringify([o.tenantId, o.clusterId, o.kind, o.planKind, o.specRevision, o.planId, ...driftRequest]))
    .digest("hex");
};

const newRow = (o: NewOperation): OperationRow => ({
  id: o.id,
  tenant_id: o.tenantId,
  cluster_id: o.clusterId,
  kind: o.kind,
  plan_kind: o.planKind,
  state: "queued",
  spec_revision: o.specRevision,
  plan_id: o.planId,
  drift: o.drift && JSON.stringify(o.drift),
  requested_by: o.requestedBy,
  requested_by_name: o.requestedByName,
  requested_at: o.requestedAt,
  started_at: null,
  ended_at: null,
  cancel_requested_at: null,
  attempt: 0,
  failure: null,
  idempotency_key: o.idempotencyKey,
  body_hash: o.idempotencyKey === null ? null : bodyHash(o),
  last_seq: 0,
  packed_seq: 0,
  ...noLease,
});

async function unfinishedOf(database: BerthDatabase, clusterId: string): Promise<string | null> {
  const query = database.writer.selectFrom("operations").select("id").where("cluster_id", "=", clusterId);
  return (await query.where("state", "in", unfinished).executeTakeFirst())?.id ?? null;
}

async function busyBeside(database: BerthDatabase, id: string): Promise<string | null> {
  const row = await database.writer.selectFrom("operations").select("cluster_id").where("id", "=", id).executeTakeFirst();
  return row ? await unfinishedOf(database, row.cluster_id) : null;
}

async function claimNext(
  database: BerthDatabase,
  trx: Trx,
  q: Parameters<OperationStore["claim"]>[0],
): Promise<{ operation: Operation; claim: Claim } | null> {
  await oneAtATime(trx, database.engine, "claim");
  const running = await runningTenants(trx);
  if (running.length >= q.maxRunning) return null;
  const row = await firstInLine(database, trx, tenantsAtLimit(running, q.maxPerTenant ?? q.maxRunning));
  if (!row) return null;
  await noteTurn(trx, row.tenant_id);
  const generation = await nextGeneration(trx, row.cluster_id);
  const now = q.now();
  const lease = { generation, worker_id: q.workerId, lease_until: now + q.leaseMs };
  const set = { started_at: now, attempt: row.attempt + 1, ...lease };
  const operation = await move(trx, row, "running", set, [{ kind: "state", to: "running", reasons: [], by: null }], now);
  return { operation, claim: { operationId: row.id, clusterId: row.cluster_id, workerId: q.workerId, generation } };
}

/** The check and the write are one statement on one row: nothing can come between them. */
const underClaim = <Q extends { where(column: "id" | "generation", op: "=", value: string | number): Q }>(update: Q, claim: Claim): Q =>
  update.where("id", "=", claim.operationId).where("generation", "=", claim.generation);

interface Ending {
  readonly to: Parameters<OperationStore["finish"]>[1];
  readonly reasons: readonly Message[];
  readonly failure: Failure | null;
  readonly now: number;
}

async function finish(database: BerthDatabase, trx: Trx, claim: Claim, { to, reasons, failure, now }: Ending): Promise<Operation> {
  const operation = await lockOperation(database, trx, claim.operationId);
  if (operation === null) throw leaseLost(claim);
  const state = endOf(operation, to);
  const set = { state, failure: failure && JSON.stringify(failure), ...stopped(state, now) };
  const row = await underClaim(trx.updateTable("operations").set(set), claim).returningAll().executeTakeFirst();
  if (!row) throw leaseLost(claim);
  // After the statement that checks the claim: of a claim that is over, nothing else is said.
  assertMove(operation, state);
  if (state !== to) await degradeCalledOff(trx, operation);
  if (isOver(state)) await settle(trx, operation);
  // Why it would have waited is no reason for its end.
  await journalEvents(trx, row.id, [{ kind: "state", to: state, reasons: state === to ? reasons : [], by: null }], now);
  return toOperation(row);
}

/** No run is left that would say of the cluster that it may not be as it should be. */
async function degradeCalledOff(trx: Trx, operation: Operation): Promise<void> {
  if (!mayHaveTouched(operation) || (operation.state === "queued" && !(await wasInterrupted(trx, operation.id)))) return;
  await trx
    .updateTable("clusters")
    .set({ state: "degraded" })
    .where("id", "=", operation.clusterId)
    .where("state", "in", ["provisioning", "ready", "destroying"])
    .execute();
}

const settle = async (trx: Trx, { kind, clusterId }: Operation): Promise<void> => {
  if (kindOf({ kind }).reservesCapacity) await settleReservation(trx, clusterId);
};

/** Locks the operation's row, so that what is decided on it still holds when it is written. */
async function lockOperation(database: BerthDatabase, trx: Trx, id: string): Promise<Operation | null> {
  const row = await forUpdate(database.engine, trx.selectFrom("operations").selectAll().where("id", "=", id)).executeTakeFirst();
  return row ? toOperation(row) : null;
}

/** Of a queued one: nothing is written between an end or an interruption and the resume, which is the last entry. */
async function wasInterrupted(trx: Trx, id: string): Promise<boolean> {
  const before = trx
    .selectFrom("journal as j")
    .innerJoin("operations as o", "o.id", "j.operation_id")
    .select("j.event")
    .where("o.id", "=", id);
  const row = await before.whereRef("j.seq", "=", sql<number>`o.last_seq - 1`).executeTakeFirst();
  const event = row && (JSON.parse(row.event) as OperationEvent);
  return event?.kind === "state" && event.to === "interrupted";
}

async function requestCancel(database: BerthDatabase, trx: Trx, id: string, by: string, now: number): Promise<Operation | null> {
  const operation = await lockOperation(database, trx, id);
  if (!operation || !canCancel(operation)) return null;
  const cancelRequest: OperationEvent = { kind: "cancel-requested", by };
  // Only the worker can end what is running: it sees the request at its next heartbeat.
  if (operation.state === "running") return await write(trx, id, { cancel_requested_at: now }, [cancelRequest], now);
  await degradeCalledOff(trx, operation);
  await settle(trx, operation);
  const set = { cancel_requested_at: now, ...stopped("cancelled", now) };
  return await move(trx, operation, "cancelled", set, [cancelRequest, { kind: "state", to: "cancelled", reasons: [], by }], now);
}

interface Resume {
  readonly by: string;
  readonly now: number;
  readonly from: readonly OperationState[] | undefined;
}

async function resume(database: BerthDatabase, trx: Trx, id: string, { by, now, from }: Resume): Promise<Operation | null> {
  const operation = await lockOperation(database, trx, id);
  if (!operation || !canResume(operation) || from?.includes(operation.state) === false) return null;
  const other = trx.selectFrom("operations").select("id").where("cluster_id", "=", operation.clusterId);
  const busy = await other.where("id", "<>", id).where("state", "in", unfinished).executeTakeFirst();
  if (busy) throw new ClusterBusy(busy.id);
  const set = { started_at: null, ended_at: null, cancel_requested_at: null, failure: null };
  const queued = await move(trx, operation, "queued", set, [{ kind: "state", to: "queued", reasons: [], by }], now);
  // After the operation's own row, as submit does: PostgreSQL would end one of the two as a deadlock.
  if (kindOf(operation).reservesCapacity) await reserve(trx, database.engine, { ...operation, hostLimit: null });
  return queued;
}

function toHeld(row: OperationRow): readonly Held[] {
  const { worker_id: workerId, generation, lease_until: leaseUntil } = row;
  return workerId === null || generation === null || leaseUntil === null
    ? []
    : [{ operation: toOperation(row), workerId, generation, leaseUntil }];
}

/** The old generation is asked for in the statement that sets the new one: of two that would take it over, one does. */
async function takeOver(
  database: BerthDatabase,
  trx: Trx,
  from: Held,
  q: Parameters<OperationStore["takeOver"]>[1],
): Promise<{ operation: Operation; claim: Claim } | null> {
  const { id, clusterId } = from.operation;
  if (!(await lockOperation(database, trx, id))) return null;
  const generation = await nextGeneration(trx, clusterId);
  const lease = { generation, worker_id: q.workerId, lease_until: q.now + q.leaseMs };
  const taken = trx.updateTable("operations").set(lease).where("id", "=", id).where("generation", "=", from.generation);
  const row = await taken.where("state", "=", "running").returningAll().executeTakeFirst();
  return row ? { operation: toOperation(row), claim: { operationId: id, clusterId, workerId: q.workerId, generation } } : null;
}

/**
 * What stopping sets besides the state. `interrupted` is not an end: the person can cancel (at once, now) or resume.
 */
const stopped = (to: OperationState, now: number): Partial<OperationRow> =>
  to === "interrupted" ? noLease : { ended_at: now, ...noLease };

/** Nothing else changes the state of an operation, but {@link finish}, which checks the claim in the same statement. */
async function move(
  trx: Trx,
  from: Pick<Operation, "id" | "state">,
  to: OperationState,
  set: Omit<Partial<OperationRow>, "state">,
  events: readonly OperationEvent[],
  at: number,
): Promise<Operation> {
  assertMove(from, to);
  return await write(trx, from.id, { ...set, state: to }, events, at);
}

async function write(trx: Trx, id: string, set: Partial<OperationRow>, events: readonly OperationEvent[], at: number): Promise<Operation> {
  const row = await trx.updateTable("operations").set(set).where("id", "=", id).returningAll().executeTakeFirstOrThrow();
  await journalEvents(trx, id, events, at);
  return toOperation(row);
}
