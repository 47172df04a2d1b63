/**
 * Berth's state in memory, for fast tests. Every store call runs in one piece without waiting, which makes it as atomic
 * as a transaction. The same contract suites hold these stores and the SQL ones.
 */
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import type { JournalEntry, OperationEvent } from "#app/domain/operation/event.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import type { Plan } from "#app/domain/plan/plan.ts";
import type { Receipt } from "#app/ports/cluster-store.ts";
import { type Claim, LeaseLost } from "#app/ports/operation-store.ts";

export interface StoredCluster {
  cluster: Cluster;
  stateSerial: number;
  receipt: Receipt | null;
  readonly specs: { readonly spec: ClusterSpec; readonly at: number }[];
  readonly plans: Plan[];
}

export interface StoredOperation {
  operation: Operation;
  readonly key: { readonly text: string; readonly body: string } | null;
  readonly entries: JournalEntry[];
}

export interface Lease {
  readonly generation: number;
  readonly operationId: string | null;
  readonly workerId: string;
  readonly leaseUntil: number;
}

export class MemoryState {
  readonly clusters = new Map<string, StoredCluster>();
  readonly operations = new Map<string, StoredOperation>();
  /** By cluster id. */
  readonly leases = new Map<string, Lease>();
  /** Tenant → number of its last turn in the queue. */
  readonly turns = new Map<string, number>();
  readonly listeners = new Set<(operationId: string) => void>();

  cluster(id: string): StoredCluster {
    const found = this.clusters.get(id);
    if (!found) throw new Error(`writing to cluster ${id}: there is no such cluster`);
    return found;
  }

  operation(id: string): StoredOperation {
    const found = this.operations.get(id);
    if (!found) throw new Error(`writing to operation ${id}: there is no such operation`);
    return found;
  }

  /** Throws LeaseLost. */
  requireLease(claim: Claim): void {
    const lease = this.leases.get(claim.clusterId);
    if (lease?.generation === claim.generation && lease.operationId === claim.operationId) return;
    throw new LeaseLost(`the lease of operation ${claim.operationId} (generation ${claim.generation}) is over`);
  }

  endLease(clusterId: string): void {
    const lease = this.leases.get(clusterId);
    if (lease) this.leases.set(clusterId, { ...lease, generation: lease.generation + 1, operationId: null });
  }

  journal(operationId: string, events: readonly OperationEvent[], at: number): readonly JournalEntry[] {
    const { entries } = this.operation(operationId);
    const first = entries.length + 1;
    const added = events.map((event, i) => ({ operationId, seq: first + i, at, event: stored(event) }));
    entries.push(...added);
    // After the caller is done, as with a real database: a listener that reads at once finds everything in place.
    queueMicrotask(() => {
      for (const listener of this.listeners) listener(operationId);
    });
    return added;
  }
}

/** What a database would give back: a copy that shares nothing with the caller's object. */
export const stored = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
