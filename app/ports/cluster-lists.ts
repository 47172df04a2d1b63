/** Clusters page by page, and several at once: what a list shows costs the same number of questions however long it is. */
import type { Cluster, ClusterState } from "#app/domain/cluster/cluster.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import type { Paged } from "./paged.ts";

/** Which clusters of a list are meant. */
export interface ClusterFilter {
  /** Null: of all tenants. */
  readonly tenantIds: readonly string[] | null;
  /** Absent: in every state. */
  readonly states?: readonly ClusterState[];
  /** A part of the name, in lower case; absent: of any name. */
  readonly query?: string;
  /** The whole name. */
  readonly name?: string;
}

export interface ClusterPageRequest extends ClusterFilter {
  readonly limit: number;
  /**
   * Id of the cluster to continue after, whatever state it is in by now. One of another tenant is like one that does not exist:
   * nothing follows it.
   */
  readonly after?: string;
}

export interface ClusterPage extends Paged {
  readonly clusters: readonly Cluster[];
}

/** One revision of one cluster. */
export interface SpecRef {
  readonly clusterId: string;
  readonly revision: number;
}

/** A cluster that was torn down, and whose receipt is found under its name: no later cluster of the tenant has had it. */
export interface RemovedRow {
  readonly id: string;
  readonly name: string;
  /** When its teardown was proven, and who wanted it. */
  readonly at: number;
  readonly by: string;
}

export interface ClusterLists {
  /** By name, and clusters of the same name by id. */
  page(q: ClusterPageRequest): Promise<ClusterPage>;
  /** Tenant id → clusters that are not gone; tenants without any are left out. */
  livingOf(tenantIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** For work that goes through all clusters: in the order of their ids, which never changes; `after` need not exist. */
  batch(q: { readonly after: string; readonly limit: number; readonly states?: readonly ClusterState[] }): Promise<readonly Cluster[]>;
  /** Those that exist, in any order. */
  several(ids: readonly string[]): Promise<readonly Cluster[]>;
  /** Those that exist, in any order. */
  specs(refs: readonly SpecRef[]): Promise<readonly ClusterSpec[]>;
  /** The newest first. `after`: id of a cluster of this tenant. */
  removed(q: {
    readonly tenantId: string;
    readonly limit: number;
    readonly after?: string;
  }): Promise<Paged & { readonly removed: readonly RemovedRow[] }>;
}
