import type { Message } from "#app/domain/message/message.ts";
import type { Cluster, ClusterState } from "#app/domain/cluster/cluster.ts";
import type { HostId } from "#app/domain/host/libvirt-host.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import type { Capacity } from "#app/domain/plan/headroom.ts";
import type { Plan, PlanHead } from "#app/domain/plan/plan.ts";
import type { ClusterLists } from "./cluster-lists.ts";
import type { Claim } from "./operation-store.ts";

/** The tenant already has a cluster of that name that is not gone. */
export class NameTaken extends Error {
  override readonly name = "NameTaken";
}

/** Every /24 of the libvirt host's address range is reserved. */
export class RangeExhausted extends Error {
  override readonly name = "RangeExhausted";
}

/** The tenant has as many drafts as it may have. */
export class TooManyDrafts extends Error {
  override readonly name = "TooManyDrafts";
}

/** The revision does not follow the newest one: somebody else has written a revision meanwhile. */
export class RevisionConflict extends Error {
  override readonly name = "RevisionConflict";
}

export interface NewCluster {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly hostId: HostId;
  readonly createdAt: number;
  readonly indexLimit: number;
  /** How many drafts the tenant may have with this one; absent: any number. */
  readonly maxDrafts?: number;
}

export interface ReservedTotal extends Capacity {
  /** How many clusters have reserved it, and with it a network each. */
  readonly clusters: number;
}

/**
 * With a `holder`, a write is one of its operation's: it throws LeaseLost, and nothing is written, when another one holds
 * the stack by now or the operation is over.
 */
export interface ClusterStore extends ClusterLists {
  /**
   * Creates the draft with a proposed network index below `indexLimit` and writes the spec made from it as revision 1, in
   * one transaction. The proposal reserves nothing: it is the lowest index that no other cluster of its host has, or, where
   * drafts have proposed all that are free, the lowest that nobody has reserved. Throws NameTaken, TooManyDrafts,
   * RangeExhausted.
   */
  create(c: NewCluster, toSpec: (networkIndex: number) => ClusterSpec): Promise<Cluster>;
  /**
   * Proposes another network index of its host and writes the spec made from it as the next revision. Throws RangeExhausted,
   * RevisionConflict.
   */
  proposeNetwork(
    clusterId: string,
    q: { readonly indexLimit: number; readonly at: number },
    toSpec: (networkIndex: number) => ClusterSpec,
  ): Promise<void>;
  /** The index that {@link create} would propose now; null when all of this host are reserved. */
  nextNetwork(hostId: HostId, indexLimit: number): Promise<number | null>;
  /** Whether the cluster's network index is reserved by another one of its host: then its plans cannot be carried out. */
  networkIsTaken(clusterId: string): Promise<boolean>;
  /**
   * Makes a draft `gone`, unless an operation of it is unfinished. False when that, or when it is no draft, or when
   * something was written or queued since `unchangedSince` (absent: whenever).
   */
  discardDraft(clusterId: string, at: number, unchangedSince?: number): Promise<boolean>;
  /** Drafts of which nothing was written or queued since, the oldest first. */
  draftsUnchangedSince(before: number, limit: number): Promise<readonly Cluster[]>;
  get(id: string): Promise<Cluster | null>;
  /** By name within a tenant; the living one, else the newest that is gone. */
  byName(tenantId: string, name: string): Promise<Cluster | null>;
  /**
   * Writes the next revision, with its name as the cluster's. Throws NameTaken, and RevisionConflict when `spec.revision` is not
   * exactly the newest + 1.
   */
  addRevision(spec: ClusterSpec, at: number): Promise<void>;
  spec(clusterId: string, revision: number): Promise<ClusterSpec | null>;
  /** Newest first, those before the one with this number; absent: from the newest. */
  revisions(
    clusterId: string,
    q: { readonly limit: number; readonly before?: number },
  ): Promise<readonly { readonly revision: number; readonly at: number }[]>;
  setState(clusterId: string, state: ClusterState, at: number, holder?: Claim): Promise<void>;
  setLiveRevision(clusterId: string, revision: number, holder?: Claim): Promise<void>;
  /** Stores the plan under the next number of its cluster. */
  addPlan(plan: Omit<Plan, "number">, holder?: Claim): Promise<Plan>;
  plan(id: string): Promise<Plan | null>;
  planNumbered(clusterId: string, number: number): Promise<Plan | null>;
  /** Newest first, those before the one with this number; absent: from the newest. */
  planHeads(clusterId: string, q: { readonly limit: number; readonly before?: number }): Promise<readonly PlanHead[]>;
  /** With these ids, or made by these operations. */
  planHeadsOf(q: { readonly ids: readonly string[]; readonly operationIds: readonly string[] }): Promise<readonly PlanHead[]>;
  /** Serial of the stack's state, raised by one with each update or destroy that ran; 0 at first. */
  stateSerial(clusterId: string): Promise<number>;
  raiseStateSerial(clusterId: string, holder?: Claim): Promise<number>;
  /** What teardown proved, or null. */
  receipt(clusterId: string): Promise<Receipt | null>;
  setReceipt(clusterId: string, receipt: Receipt, holder?: Claim): Promise<void>;
  /** What all clusters together have reserved of this libvirt host. */
  reserved(hostId: HostId): Promise<ReservedTotal>;
  /** Clusters of these tenants (null: of all) that have something of this host reserved, those with the most memory first. */
  holders(hostId: HostId, tenantIds: readonly string[] | null, limit: number): Promise<readonly Cluster[]>;
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
  readonly proof: Message;
}

/** Name of the row for what the secret store had. */
export const clusterKeys = "cluster-keys";
