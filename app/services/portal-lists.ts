/** Lists page by page, as pages and API show them. */
import type { clusterPage, removedCluster } from "#app/contract/clusters.ts";
import type { operationPage } from "#app/contract/operations.ts";
import type { tenantView } from "#app/contract/pages.ts";
import type { personPage, tenantPage } from "#app/contract/people.ts";
import type { Answer, listPage } from "#app/contract/shapes.ts";
import type { ClusterState } from "#app/domain/cluster/cluster.ts";
import type { OperationState } from "#app/domain/operation/operation.ts";
import type { OperationSummary } from "./portal.ts";

/** Of every list, unless another limit is asked for. */
export const pageSize = 25;
export const largestPage = 200;

export type ListPage = Answer<typeof listPage>;

export interface PageRequest {
  /** From 1 to {@link largestPage}. */
  readonly limit?: number;
  /** `next` of the page before; absent: the first page. */
  readonly after?: string;
}

export interface ClusterListRequest extends PageRequest {
  /** Slug; absent: of all tenants that this person may read. */
  readonly tenant?: string;
  /** Absent: all that are not gone. */
  readonly states?: readonly ClusterState[];
  /** A part of the name. */
  readonly query?: string;
  /** The whole name. */
  readonly name?: string;
}

export type ClusterListPage = Answer<typeof clusterPage>;

export interface TenantListRequest extends PageRequest {
  /** A part of the slug. */
  readonly query?: string;
}

export type TenantListPage = Answer<typeof tenantPage>;

/** A cluster that was torn down, by the name at which its receipt stands. */
export type RemovedCluster = Answer<typeof removedCluster>;

/** One tenant: a page of its clusters and one of those that were torn down, and its newest operations. */
export type TenantPageView = Answer<typeof tenantView>;

export type PersonListPage = Answer<typeof personPage>;

export interface OperationListRequest {
  readonly tenant?: string;
  /** Absent: of every state. */
  readonly states?: readonly OperationState[];
  readonly limit?: number;
  /** Operation id to continue after. */
  readonly before?: string;
}

export type OperationPage = Answer<typeof operationPage>;

/** Which part of a cluster's history: what is older than these numbers; absent: the newest. */
export interface HistoryRequest {
  readonly revisionsBefore?: number;
  readonly plansBefore?: number;
}

/** What the search answers: names only, and what this person may do. */
export interface Findable {
  readonly operator: boolean;
  readonly tenants: readonly { readonly slug: string; readonly create: boolean }[];
  readonly clusters: readonly { readonly tenant: string; readonly name: string; readonly state: ClusterState }[];
  /** Newest first. */
  readonly operations: readonly Pick<OperationSummary, "id" | "tenant" | "cluster" | "purpose" | "state" | "requestedAt">[];
}
