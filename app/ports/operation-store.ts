import type { DriftRequest } from "#app/domain/drift/drift-request.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import type { OperationKind, PlanKind } from "#app/domain/operation/kinds.ts";
import type { Operation, OperationState } from "#app/domain/operation/operation.ts";
import type { Capacity } from "#app/domain/plan/headroom.ts";
import type { Refusal } from "#app/domain/plan/plan.ts";
import { refusalMessage } from "#app/domain/plan/refusal-message.ts";
import { forLogs, type Message } from "#app/domain/message/message.ts";
import type { QueueLimits, QueuePlace } from "#app/domain/operation/queue.ts";

export interface NewOperation {
  readonly id: string;
  readonly tenantId: string;
  readonly clusterId: string;
  readonly kind: OperationKind;
  readonly planKind: PlanKind;
  readonly specRevision: number;
  readonly planId: string | null;
  /** Of a preview; null: it is not about drift. */
  readonly drift: DriftRequest | null;
  readonly requestedBy: string;
  readonly requestedByName: string;
  readonly requestedAt: number;
  /** Same key and same body give the same operation; same key, another body is refused. */
  readonly idempotencyKey: string | null;
}

/** The right to write for one stack, until `leaseUntil` or until a newer generation exists. */
export interface Claim {
  readonly operationId: string;
  readonly clusterId: string;
  readonly workerId: string;
  readonly generation: number;
}

/** A running operation with who holds it. */
export interface Held {
  readonly operation: Operation;
  readonly workerId: string;
  readonly generation: number;
  /** Epoch milliseconds. */
  readonly leaseUntil: number;
}

/** A write came from a holder whose lease is over; the holder must stop at once. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

/** The cluster already has an operation that is queued, running or interrupted. */
export class ClusterBusy extends Error {
  override readonly name = "ClusterBusy";
  readonly operationId: string;
  constructor(operationId: string) {
    super(`another operation (${operationId}) of this cluster is not finished`);
    this.operationId = operationId;
  }
}

/** The cluster was discarded or taken down meanwhile: nothing is queued for it any more. */
export class ClusterGone extends Error {
  override readonly name = "ClusterGone";
}

/** The idempotency key was used before with another body. */
export class KeyReused extends Error {
  override readonly name = "KeyReused";
}

/** Another cluster has reserved the network index that this draft proposes. */
export class NetworkTaken extends Error {
  override readonly name = "NetworkTaken";
}

/** What the update adds does not fit beside what is reserved already. */
export class CapacityTaken extends Error {
  override readonly name = "CapacityTaken";
  readonly refusals: readonly Refusal[];
  constructor(refusals: readonly Refusal[]) {
    super(`the libvirt host has no capacity left: ${refusals.map((r) => forLogs(refusalMessage(r))).join(", ")}`);
    this.refusals = refusals;
  }
}

/** The tenant has as many previews queued as it may have. */
export class TooManyPreviews extends Error {
  override readonly name = "TooManyPreviews";
}

/** What is decided together with the queueing, so that two requests cannot both take what is left. */
export interface SubmitBounds {
  /** Of an update: what all clusters of its libvirt host together may have of it; absent: not known now. */
  readonly hostLimit?: Capacity;
  /** Of a preview: how many of its tenant may be queued with it; absent: any number. */
  readonly queuedPreviews?: number;
}

export interface OperationFilter {
  readonly tenantId?: string;
  /** Absent: of all tenants. */
  readonly tenantIds?: readonly string[];
  readonly clusterId?: string;
  readonly clusterIds?: readonly string[];
  /** Those that execute one of these plans. */
  readonly planIds?: readonly string[];
  readonly states?: readonly OperationState[];
  readonly kinds?: readonly OperationKind[];
  /** Those whose newest attempt started later than this. */
  readonly startedAfter?: number;
  readonly limit: number;
  /** Operation id to continue after (newest first). One of another tenant or cluster is like one that does not exist. */
  readonly before?: string;
}

export interface OperationStore {
  /**
   * Queues it and journals its first `state` entry in one transaction. A plan is executed once: of one that was, the
   * operation that did it is the answer, also when it is over. An update reserves its cluster's network and what
   * its revision takes of the host; when it ends without having touched anything, that is given back. Throws ClusterBusy,
   * ClusterGone, KeyReused, NetworkTaken, CapacityTaken, TooManyPreviews.
   */
  submit(operation: NewOperation, bounds?: SubmitBounds): Promise<{ readonly operation: Operation; readonly created: boolean }>;
  get(id: string): Promise<Operation | null>;
  /** What this person queued with this idempotency key. */
  byKey(requestedBy: string, key: string): Promise<Operation | null>;
  list(filter: OperationFilter): Promise<readonly Operation[]>;
  /** How many there are, whatever the limit; with `before` those that follow it. */
  count(filter: Omit<OperationFilter, "limit">): Promise<number>;
  /**
   * Takes the queued operation whose turn it is (see domain/operation/queue.ts), raises the stack's generation, sets
   * `running`, journals it. `maxRunning` bounds all running operations, `maxPerTenant` those of each tenant (absent: no
   * bound of its own). Returns null when there is nothing to take.
   */
  claim(q: {
    workerId: string;
    /** Read when the claim is made: it may have waited for the database, and what it waited for may just have ended. */
    now: () => number;
    leaseMs: number;
    maxRunning: number;
    maxPerTenant?: number;
  }): Promise<{ operation: Operation; claim: Claim } | null>;
  /** Every queued operation in the order in which it would be claimed, with what it waits for. */
  queue(limits: QueueLimits): Promise<readonly QueuePlace[]>;
  /** Prolongs the lease. `lost` when a newer generation exists or the operation is over. */
  heartbeat(claim: Claim, now: number, leaseMs: number): Promise<"held" | "cancel-requested" | "lost">;
  /**
   * Ends the claim: moves to a terminal state or `interrupted`, journals it, frees the stack. What was asked to be
   * cancelled and is interrupted ends as `cancelled`, and its cluster as after {@link requestCancel}. Throws LeaseLost, and
   * TransitionRefused for a state that cannot follow `running`.
   */
  finish(
    claim: Claim,
    to: "succeeded" | "failed" | "cancelled" | "interrupted",
    reasons: readonly Message[],
    failure: Failure | null,
    now: number,
  ): Promise<Operation>;
  /**
   * Journals the request. A queued or interrupted operation becomes `cancelled` at once, and a cluster that it had begun to
   * build, change or take down `degraded`. Null when it cannot be cancelled.
   */
  requestCancel(id: string, by: string, now: number): Promise<Operation | null>;
  /**
   * failed, cancelled or interrupted, or only one of `from`, → queued again (Resume). Null when not possible; throws ClusterBusy,
   * NetworkTaken, and ClusterGone for an update.
   */
  resume(id: string, by: string, now: number, from?: readonly OperationState[]): Promise<Operation | null>;
  /** Every running operation. */
  held(): Promise<readonly Held[]>;
  /**
   * Takes a running operation from a holder that is gone, to recover it: it stays running, under a new generation,
   * so that the old holder can write no more. Null when `from` does not hold it any more.
   */
  takeOver(from: Held, q: { workerId: string; now: number; leaseMs: number }): Promise<{ operation: Operation; claim: Claim } | null>;
  /** Cluster id → when its newest operation of these kinds that is over ended; clusters without one are left out. */
  lastEnds(q: { readonly clusterIds: readonly string[]; readonly kinds: readonly OperationKind[] }): Promise<ReadonlyMap<string, number>>;
  /**
   * Seconds of earlier successful operations of the same kind and machine count, newest first, at most 10. Only the newest
   * {@link durationsRead} of the kind are looked at.
   */
  durations(q: DurationQuestion): Promise<readonly number[]>;
}

/** A number of machines that nobody has had lately would make a search of everything that ever ran. */
export const durationsRead = 500;

export interface DurationQuestion {
  readonly kind: OperationKind;
  readonly machines: number;
  /** Only those that brought their cluster to life, or only those that came after one that did; absent: all. */
  readonly first?: boolean;
}
