/** From a request to what a store is asked, and from a store's page to the one that is shown. */
import { type ClusterState, clusterStates } from "#app/domain/cluster/cluster.ts";
import { fits } from "#app/domain/text/machine-words.ts";
import { notFound } from "#app/domain/problem.ts";
import type { Actor } from "#app/domain/tenant.ts";
import type { Paged } from "#app/ports/paged.ts";
import { findTenant, readableTenants } from "./access/authorized-lookup.ts";
import { type ClusterListPage, type ClusterListRequest, largestPage, type ListPage, pageSize, type PageRequest } from "./portal-lists.ts";
import { clusterSummaries, type ViewDeps } from "./views.ts";

/** States of what a list of clusters shows. */
export const livingStates: readonly ClusterState[] = clusterStates.filter((state) => state !== "gone");

const limitOf = ({ limit = pageSize }: Pick<PageRequest, "limit">): number => Math.min(largestPage, Math.max(1, limit));

/** What a cursor can look like: it is checked before a database sees it. Problem: not-found. */
export function asked(query: PageRequest, cursor: "id" | "label"): { readonly limit: number; readonly after?: string } {
  if (query.after !== undefined && !fits(cursor, query.after)) throw notFound();
  return { limit: limitOf(query), ...(query.after === undefined ? {} : { after: query.after }) };
}

/** `shown`: what the page holds, of which the last is the next page's cursor. */
export function pageOf<T>({ total, skipped }: Paged, shown: readonly T[], cursorOf: (last: T) => string): ListPage {
  const last = shown.at(-1);
  return { total, skipped, next: last !== undefined && skipped + shown.length < total ? cursorOf(last) : null };
}

/** A part of a name; null: no name can have it. */
export function namePart(query: string | undefined): string | undefined | null {
  const part = query?.normalize("NFC").trim().toLowerCase() ?? "";
  return part === "" ? undefined : /^[a-z0-9-]{1,63}$/.test(part) ? part : null;
}

export async function clusterPage(deps: ViewDeps, actor: Actor, request: ClusterListRequest): Promise<ClusterListPage> {
  const tenantIds =
    request.tenant === undefined ? readableTenants(actor) : [(await findTenant(deps, actor, request.tenant, "tenant.read")).id];
  const query = namePart(request.query);
  const states = query === null ? [] : (request.states ?? livingStates);
  const { clusters, ...paged } = await deps.clusters.page({
    tenantIds,
    states,
    ...(query ? { query } : {}),
    ...(request.name === undefined ? {} : { name: request.name }),
    ...asked(request, "id"),
  });
  return { clusters: await clusterSummaries(deps, actor, clusters), ...pageOf(paged, clusters, (c) => c.id) };
}
