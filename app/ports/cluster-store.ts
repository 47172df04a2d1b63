import type { Cluster, ClusterState } from "#app/domain/cluster/cluster.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import type { Plan } from "#app/domain/plan/plan.ts";
import type { Claim } from "./operation-store.ts";

/** The tenant already has a cluster of that name that is not gone. */
export class NameTaken extends Error {
  override readonly name = "NameTaken";
}

/** The operator's address range has no free /24 left. */
export class RangeExhausted extends Error {
  override readonly name = "RangeExhausted";
}

/** The revision does not follow the newest one: somebody else has written a revision meanwhile. */
export class RevisionConflict extends Error {
  override readonly name = "RevisionConflict";
}

/**
 * With a `holder`, a write is one of its operation's: it throws LeaseLost, and nothing is written, when another one holds
 * the stack by now or the operation is over.
 */
export interface ClusterStore {
  /**
   * Creates the cluster row with the lowest free network index below `indexLimit` and writes the spec made from it as
   * revision 1, in one transaction. Throws NameTaken, RangeExhausted.
   */
  create(c: { id: string; tenantId: string; name: string; createdAt: number; indexLimit: number }, toSpec: (networkIndex: number) => ClusterSpec): Promise<Cluster>;
  get(id: string): Promise<Cluster | null>;
  /** By name within a tenant; the living one, else the newest that is gone. */
  byName(tenantId: string, name: string): Promise<Cluster | null>;
  /** Null: of all tenants. Gone ones last. */
  list(tenantId: string | null): Promise<readonly Cluster[]>;
  /** Writes the next revision; throws RevisionConflict when `spec.revision` is not exactly the newest + 1. */
  addRevision(spec: ClusterSpec, at: number): Promise<void>;
  spec(clusterId: string, revision: number): Promise<ClusterSpec | null>;
  revisions(clusterId: string): Promise<readonly { readonly revision: number; readonly at: number }[]>;
  setState(clusterId: string, state: ClusterState, at: number, holder?: Claim): Promise<void>;
  setLiveRevision(clusterId: string, revision: number, holder?: Claim): Promise<void>;
  /** Stores the plan under the next number of its cluster. */
  addPlan(plan: Omit<Plan, "number">, holder?: Claim): Promise<Plan>;
  plan(id: string): Promise<Plan | null>;
  plans(clusterId: string): Promise<readonly Plan[]>;
  /** Serial of the stack's state, raised by one with each update or destroy that ran; 0 at first. */
  stateSerial(clusterId: string): Promise<number>;
  raiseStateSerial(clusterId: string, holder?: Claim): Promise<number>;
  /** What teardown proved, or null. */
  receipt(clusterId: string): Promise<Receipt | null>;
  setReceipt(clusterId: string, receipt: Receipt, holder?: Claim): Promise<void>;
  /** Machines (vCPU, MiB, GiB) of the newest revision of all clusters that are not gone. */
  committed(): Promise<{ readonly vcpus: number; readonly memoryMiB: number; readonly diskGiB: number }>;
}

export interface Receipt {
  readonly operationId: string;
  readonly at: number;
  readonly by: string;
  readonly rows: readonly ReceiptRow[];
}

/** One thing that was looked for after teardown, and whether it is really gone. */
export interface ReceiptRow {
  readonly what: "machine" | "disk" | "network" | "pool" | "file" | "state" | "secret" | "address";
  readonly name: string;
  readonly gone: boolean;
  readonly proof: string;
}
