/** The operation store's contract in memory. */
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
import { kindOf } from "#app/domain/operation/kinds.ts";
import { requestOf } from "#app/domain/drift/drift-request.ts";
import type { Message } from "#app/domain/message/message.ts";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import { nextInLine, type Queue, queuePlaces } from "#app/domain/operation/queue.ts";
import {
  ClusterBusy,
  ClusterGone,
  durationsRead,
  KeyReused,
  type NewOperation,
  type OperationFilter,
  type OperationStore,
  type SubmitBounds,
  TooManyPreviews,
} from "#app/ports/operation-store.ts";
import { reserve, settleReservation } from "./reservations.ts";
import type { MemoryState, StoredOperation } from "./state.ts";

export function createMemoryOperationStore(state: MemoryState): OperationStore {
  const write = (id: string, set: Partial<Operation>, events: readonly OperationEvent[], at: number): Operation => {
    const kept = state.operation(id);
    kept.operation = { ...kept.operation, ...set };
    state.journal(id, events, at);
    return kept.operation;
  };
  const stateEvent = (to: Operation["state"], reasons: readonly Message[], by: string | null): OperationEvent => ({
    kind: "state",
    to,
    reasons,
    by,
  });
  /** Nothing else changes the state of an operation. */
  const move = (
    id: string,
    to: OperationState,
    set: Omit<Partial<Operation>, "state">,
    events: readonly OperationEvent[],
    at: number,
  ): Operation => {
    assertMove(state.operation(id).operation, to);
    return write(id, { ...set, state: to }, events, at);
  };

  return {
    submit: async (wanted, bounds = {}) => {
      const earlier = withSameKey(state, wanted);
      if (earlier) return { operation: earlier, created: false };
      refuseBusy(state, wanted.clusterId);
      const executed =
        wanted.planId === null
          ? undefined
          : operationsOf(state).find((o) => o.planId === wanted.planId && o.clusterId === wanted.clusterId);
      if (executed) return { operation: executed, created: false };
      if (state.cluster(wanted.clusterId).cluster.state === "gone") throw new ClusterGone(`cluster ${wanted.clusterId} is gone`);
      if (kindOf(wanted).limitedPerTenant) demandQueuedPreviews(state, wanted, bounds);
      if (kindOf(wanted).reservesCapacity) reserve(state, { ...wanted, hostLimit: bounds.hostLimit ?? null });
      const kept = state.cluster(wanted.clusterId);
      kept.cluster = { ...kept.cluster, changedAt: wanted.requestedAt };
      state.operations.set(wanted.id, newOperation(wanted));
      const queued = stateEvent("queued", [], wanted.requestedByName);
      return { operation: write(wanted.id, {}, [queued], wanted.requestedAt), created: true };
    },
    get: async (id) => state.operations.get(id)?.operation ?? null,
    byKey: async (requestedBy, key) =>
      [...state.operations.values()].find((o) => o.key?.text === key && o.operation.requestedBy === requestedBy)?.operation ?? null,
    list: async (filter) => list(state, filter),
    count: async (filter) => following(state, filter).length,
    claim: async (q) => {
      const all = operationsOf(state);
      const limits = { maxRunning: q.maxRunning, maxPerTenant: q.maxPerTenant ?? q.maxRunning, memoryLow: false };
      const next = nextInLine(queueOf(state), limits);
      const oldest = next && all.find((o) => o.id === next.operationId);
      if (!oldest) return null;
      state.turns.set(oldest.tenantId, Math.max(0, ...state.turns.values()) + 1);
      const generation = (state.leases.get(oldest.clusterId)?.generation ?? 0) + 1;
      const now = q.now();
      state.leases.set(oldest.clusterId, { generation, operationId: oldest.id, workerId: q.workerId, leaseUntil: now + q.leaseMs });
      const set = { startedAt: now, attempt: oldest.attempt + 1 };
      const operation = move(oldest.id, "running", set, [stateEvent("running", [], null)], now);
      return { operation, claim: { operationId: oldest.id, clusterId: oldest.clusterId, workerId: q.workerId, generation } };
    },
    queue: async (limits) => queuePlaces(queueOf(state), limits),
    heartbeat: async (claim, now, leaseMs) => {
      const lease = state.leases.get(claim.clusterId);
      if (lease?.generation !== claim.generation || lease.operationId !== claim.operationId) return "lost";
      state.leases.set(claim.clusterId, { ...lease, leaseUntil: now + leaseMs });
      return state.operation(claim.operationId).operation.cancelRequestedAt === null ? "held" : "cancel-requested";
    },
    finish: async (claim, to, reasons, failure, now) => {
      state.requireLease(claim);
      const { operation } = state.operation(claim.operationId);
      const end = endOf(operation, to);
      assertMove(operation, end);
      state.endLease(claim.clusterId);
      if (end !== to) degradeCalledOff(state, operation);
      if (isOver(end)) settle(state, operation);
      return move(claim.operationId, end, { failure, ...stopped(end, now) }, [stateEvent(end, end === to ? reasons : [], null)], now);
    },
    requestCancel: async (id, by, now) => {
      const operation = state.operations.get(id)?.operation;
      if (!operation || !canCancel(operation)) return null;
      const cancelRequest: OperationEvent = { kind: "cancel-requested", by };
      if (operation.state === "running") return write(id, { cancelRequestedAt: now }, [cancelRequest], now);
      degradeCalledOff(state, operation);
      settle(state, operation);
      return move(id, "cancelled", { cancelRequestedAt: now, endedAt: now }, [cancelRequest, stateEvent("cancelled", [], by)], now);
    },
    resume: async (id, by, now, from) => {
      const operation = state.operations.get(id)?.operation;
      if (!operation || !canResume(operation) || from?.includes(operation.state) === false) return null;
      refuseBusy(state, operation.clusterId, id);
      if (kindOf(operation).reservesCapacity) reserve(state, { ...operation, hostLimit: null });
      const set = { startedAt: null, endedAt: null, cancelRequestedAt: null, failure: null };
      return move(id, "queued", set, [stateEvent("queued", [], by)], now);
    },
    held: async () =>
      operationsOf(state).flatMap((operation) => {
        const lease = state.leases.get(operation.clusterId);
        if (operation.state !== "running" || lease?.operationId !== operation.id) return [];
        return [{ operation, workerId: lease.workerId, generation: lease.generation, leaseUntil: lease.leaseUntil }];
      }),
    takeOver: async ({ operation: { id, clusterId }, generation }, q) => {
      const lease = state.leases.get(clusterId);
      if (lease?.generation !== generation || lease.operationId !== id) return null;
      state.leases.set(clusterId, { generation: generation + 1, operationId: id, workerId: q.workerId, leaseUntil: q.now + q.leaseMs });
      const { operation } = state.operation(id);
      return { operation, claim: { operationId: id, clusterId, workerId: q.workerId, generation: generation + 1 } };
    },
    lastEnds: async (q) => lastEnds(state, q),
    durations: async ({ kind, machines, first }) =>
      operationsOf(state)
        .filter((o) => o.kind === kind && o.state === "succeeded")
        .toSorted((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0))
        .slice(0, durationsRead)
        .filter((o) => o.attempt === 1 && machinesOf(state, o) === machines)
        .filter((o) => first === undefined || first === !operationsOf(state).some((e) => isUpdateBefore(e, o)))
        .slice(0, 10)
        .map((o) => ((o.endedAt ?? 0) - (o.startedAt ?? 0)) / 1000),
  };
}

const isUpdateBefore = (earlier: Operation, o: Operation): boolean =>
  earlier.clusterId === o.clusterId &&
  kindOf(earlier).makesRevisionLive &&
  earlier.state === "succeeded" &&
  (earlier.endedAt ?? 0) <= (o.startedAt ?? 0);

const operationsOf = (state: MemoryState): readonly Operation[] => [...state.operations.values()].map((o) => o.operation);

function queueOf(state: MemoryState): Queue {
  const all = operationsOf(state);
  const waiting = all
    .filter((o) => o.state === "queued")
    .map((o) => ({ operationId: o.id, tenantId: o.tenantId, requestedAt: o.requestedAt }));
  const running = all
    .filter((o) => o.state === "running")
    .toSorted((a, b) => (a.startedAt ?? 0) - (b.startedAt ?? 0) || (a.id < b.id ? -1 : 1));
  return { waiting, running: running.map((o) => o.tenantId), turns: state.turns };
}

const byAge = (a: Operation, b: Operation): number => a.requestedAt - b.requestedAt || (a.id < b.id ? -1 : 1);

const machinesOf = (state: MemoryState, o: Operation): number | undefined =>
  state.clusters.get(o.clusterId)?.specs[o.specRevision - 1]?.spec.machines.length;

const stopped = (to: Operation["state"], now: number) => (to === "interrupted" ? {} : { endedAt: now });

/** Of a queued one: nothing is written between an end or an interruption and the resume, which is the last entry. */
function wasInterrupted(state: MemoryState, id: string): boolean {
  const event = state.operation(id).entries.at(-2)?.event;
  return event?.kind === "state" && event.to === "interrupted";
}

/** No run is left that would say of the cluster that it may not be as it should be. */
function degradeCalledOff(state: MemoryState, operation: Operation): void {
  const kept = state.cluster(operation.clusterId);
  if (!mayHaveTouched(operation) || (operation.state === "queued" && !wasInterrupted(state, operation.id))) return;
  if (kept.cluster.state === "draft" || kept.cluster.state === "gone") return;
  kept.cluster = { ...kept.cluster, state: "degraded" };
}

const settle = (state: MemoryState, { kind, clusterId }: Operation): void => {
  if (kindOf({ kind }).reservesCapacity) settleReservation(state, clusterId);
};

function demandQueuedPreviews(
  state: MemoryState,
  { tenantId }: NewOperation,
  { queuedPreviews = Number.POSITIVE_INFINITY }: SubmitBounds,
): void {
  const queued = operationsOf(state).filter((o) => o.tenantId === tenantId && kindOf(o).limitedPerTenant && o.state === "queued");
  if (queued.length >= queuedPreviews) throw new TooManyPreviews(`this tenant has ${queuedPreviews} previews queued already`);
}

function refuseBusy(state: MemoryState, clusterId: string, except?: string): void {
  const other = operationsOf(state).find((o) => o.clusterId === clusterId && !isOver(o.state) && o.id !== except);
  if (other) throw new ClusterBusy(other.id);
}

const bodyOf = (o: NewOperation): string =>
  JSON.stringify([o.tenantId, o.clusterId, o.kind, o.planKind, o.specRevision, o.planId, o.drift && requestOf(o.drift)]);

function withSameKey(state: MemoryState, wanted: NewOperation): Operation | null {
  if (wanted.idempotencyKey === null) return null;
  const same = (o: StoredOperation) => o.key?.text === wanted.idempotencyKey && o.operation.requestedBy === wanted.requestedBy;
  const found = [...state.operations.values()].find(same);
  if (found && found.key?.body !== bodyOf(wanted)) throw new KeyReused("this idempotency key was used before for another request");
  return found?.operation ?? null;
}

function newOperation(wanted: NewOperation): StoredOperation {
  const { idempotencyKey, ...asked } = wanted;
  const fresh = { state: "queued" as const, startedAt: null, endedAt: null, cancelRequestedAt: null, attempt: 0, failure: null };
  const key = idempotencyKey === null ? null : { text: idempotencyKey, body: bodyOf(wanted) };
  return { operation: { ...asked, ...fresh }, key, entries: [] };
}

type Wanted = Omit<OperationFilter, "limit" | "before">;

const isOneOf = <T>(values: readonly T[] | undefined, value: T): boolean => values?.includes(value) ?? true;

const inScope =
  ({ tenantId, tenantIds, clusterId, clusterIds }: Wanted) =>
  (o: Operation): boolean =>
    (tenantId === undefined || o.tenantId === tenantId) &&
    isOneOf(tenantIds, o.tenantId) &&
    (clusterId === undefined || o.clusterId === clusterId) &&
    isOneOf(clusterIds, o.clusterId);

const wanted =
  ({ states, kinds, planIds, startedAfter }: Wanted) =>
  (o: Operation): boolean =>
    isOneOf(states, o.state) &&
    isOneOf(kinds, o.kind) &&
    (planIds === undefined || (o.planId !== null && planIds.includes(o.planId))) &&
    (startedAfter === undefined || (o.startedAt ?? 0) > startedAfter);

const matching = (state: MemoryState, filter: Wanted): readonly Operation[] =>
  operationsOf(state).filter(inScope(filter)).filter(wanted(filter));

function lastEnds(state: MemoryState, { clusterIds, kinds }: Parameters<OperationStore["lastEnds"]>[0]): ReadonlyMap<string, number> {
  const ends = matching(state, { clusterIds, kinds }).flatMap(({ clusterId, endedAt }) =>
    endedAt === null ? [] : [[clusterId, endedAt] as const],
  );
  return new Map(ends.toSorted(([, a], [, b]) => a - b));
}

function following(state: MemoryState, filter: Omit<OperationFilter, "limit">): readonly Operation[] {
  const cursor = filter.before === undefined ? null : state.operations.get(filter.before)?.operation;
  if (cursor === undefined || (cursor !== null && !inScope(filter)(cursor))) return [];
  return matching(state, filter).filter((o) => cursor === null || byAge(o, cursor) < 0);
}

const list = (state: MemoryState, filter: OperationFilter): readonly Operation[] =>
  following(state, filter)
    .toSorted((a, b) => byAge(b, a))
    .slice(0, filter.limit);
