/** Lists page by page, as pages and API show them. */
import type { ClusterState } from "#app/domain/cluster/cluster.ts";
import type { OperationState } from "#app/domain/operation/operation.ts";
import type { Paged } from "#app/ports/paged.ts";
import type { ClusterSummary, OperationSummary, TenantView } from "./portal.ts";
import type { PersonView } from "./people/portal-people.ts";

/** Of every list, unless another limit is asked for. */
export const pageSize = 25;
export const largestPage = 200;

export interface ListPage extends Paged {
  /** Cursor of the next page; null: this is the last one. */
  readonly next: string | null;
}

export interface PageWish {
  /** From 1 to {@link largestPage}. */
  readonly limit?: number;
  /** `next` of the page before; absent: the first page. */
  readonly after?: string;
}

export interface ClusterWish extends PageWish {
  /** Slug; absent: of all tenants that this person may read. */
  readonly tenant?: string;
  /** Absent: all that are not gone. */
  readonly states?: readonly ClusterState[];
  /** A part of the name. */
  readonly query?: string;
  /** The whole name. */
  readonly name?: string;
}

export interface ClusterListPage extends ListPage {
  readonly clusters: readonly ClusterSummary[];
}

export interface TenantWish extends PageWish {
  /** A part of the slug. */
  readonly query?: string;
}

export interface TenantListPage extends ListPage {
  readonly tenants: readonly TenantView[];
}

/** A cluster that was torn down, by the name at which its receipt stands. */
export interface RemovedCluster {
  readonly id: string;
  readonly tenant: string;
  readonly name: string;
  readonly at: number;
  readonly by: string;
}

/** One tenant: a page of its clusters and one of those that were torn down, and its newest operations. */
export interface TenantPageView {
  readonly tenant: TenantView;
  readonly clusters: readonly ClusterSummary[];
  readonly clusterPage: ListPage;
  /** Newest first, at most 10. */
  readonly operations: readonly OperationSummary[];
  readonly removed: readonly RemovedCluster[];
  readonly removedPage: ListPage;
}

export interface PersonListPage extends ListPage {
  readonly people: readonly PersonView[];
}

export interface OperationWish {
  readonly tenant?: string;
  /** Absent: of every state. */
  readonly states?: readonly OperationState[];
  readonly limit?: number;
  /** Operation id to go on after. */
  readonly before?: string;
}

export interface OperationPage extends ListPage {
  readonly operations: readonly OperationSummary[];
}

/** Which part of a cluster's history: what is older than these numbers; absent: the newest. */
export interface HistoryWish {
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
