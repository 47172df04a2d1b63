/** The contract of cluster lists in memory. */
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import type { ClusterFilter, ClusterLists } from "#app/ports/cluster-lists.ts";
import type { MemoryState, StoredCluster } from "./state.ts";

const byText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);
const byName = (a: Cluster, b: Cluster): number => byText(a.name, b.name) || byText(a.id, b.id);
const newestGoneFirst = (a: Cluster, b: Cluster): number => (b.goneAt ?? 0) - (a.goneAt ?? 0) || byText(b.id, a.id);

const inScope = ({ tenantIds }: ClusterFilter, c: Cluster): boolean => tenantIds?.includes(c.tenantId) ?? true;
const matches = (filter: ClusterFilter, c: Cluster): boolean =>
  inScope(filter, c) &&
  (filter.states?.includes(c.state) ?? true) &&
  (filter.query === undefined || c.name.includes(filter.query)) &&
  (filter.name === undefined || c.name === filter.name);

export function createMemoryClusterLists(state: MemoryState): ClusterLists {
  const all = (): readonly Cluster[] => [...state.clusters.values()].map((o) => o.cluster);
  return {
    page: async ({ limit, after, ...filter }) => {
      const found = all()
        .filter((c) => matches(filter, c))
        .toSorted(byName);
      const cursor = after === undefined ? null : state.clusters.get(after)?.cluster;
      const isRefused = cursor === undefined || (cursor !== null && !inScope(filter, cursor));
      const rest = isRefused ? [] : found.filter((c) => cursor === null || byName(c, cursor) > 0);
      return { clusters: rest.slice(0, limit), total: found.length, skipped: found.length - rest.length };
    },
    livingOf: async (tenantIds) => {
      const count = (id: string) => all().filter((c) => c.tenantId === id && c.state !== "gone").length;
      return new Map(tenantIds.map((id) => [id, count(id)] as const).filter(([, living]) => living > 0));
    },
    batch: async ({ after, limit, states }) => {
      const rest = all().filter((c) => c.id > after && (states?.includes(c.state) ?? true));
      return rest.toSorted((a, b) => byText(a.id, b.id)).slice(0, limit);
    },
    several: async (ids) => all().filter((c) => ids.includes(c.id)),
    specs: async (refs) => refs.flatMap(({ clusterId, revision }) => state.clusters.get(clusterId)?.specs[revision - 1]?.spec ?? []),
    removed: async ({ tenantId, limit, after }) =>
      removed(
        [...state.clusters.values()].filter((o) => o.cluster.tenantId === tenantId),
        limit,
        after,
      ),
  };
}

async function removed(ofTenant: readonly StoredCluster[], limit: number, after: string | undefined): ReturnType<ClusterLists["removed"]> {
  const age = (a: Cluster, b: Cluster) => (a.goneAt ?? 0) - (b.goneAt ?? 0) || a.createdAt - b.createdAt || byText(a.id, b.id);
  const hasName = ({ cluster: c }: StoredCluster) =>
    !ofTenant.some(({ cluster: o }) => o.name === c.name && o.id !== c.id && (o.state !== "gone" || age(o, c) > 0));
  const found = ofTenant
    .filter((o) => o.cluster.state === "gone" && o.receipt !== null && hasName(o))
    .toSorted((a, b) => newestGoneFirst(a.cluster, b.cluster));
  const cursor = after === undefined ? null : ofTenant.find((o) => o.cluster.id === after)?.cluster;
  const rest = cursor === undefined ? [] : found.filter((o) => cursor === null || newestGoneFirst(o.cluster, cursor) > 0);
  const rows = rest
    .slice(0, limit)
    .flatMap(({ cluster: { id, name }, receipt }) => (receipt === null ? [] : [{ id, name, at: receipt.at, by: receipt.by }]));
  return { removed: rows, total: found.length, skipped: found.length - rest.length };
}
