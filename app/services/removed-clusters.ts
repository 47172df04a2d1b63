/** Clusters that were torn down, with their receipts: the newest ones of a tenant. */
import type { ClusterStore } from "#app/ports/cluster-store.ts";
import type { RemovedCluster } from "./portal.ts";

const shown = 20;

export async function removedClusters(clusters: Pick<ClusterStore, "list" | "receipt">, tenant: { readonly id: string; readonly slug: string }): Promise<readonly RemovedCluster[]> {
  const all = await clusters.list(tenant.id);
  // A name leads to the cluster that has it now, so a living one stands in the way of an older receipt.
  const living = new Set(all.filter(({ state }) => state !== "gone").map(({ name }) => name));
  const newest = all.filter(({ state, name }) => state === "gone" && !living.has(name)).sort((a, b) => (b.goneAt ?? 0) - (a.goneAt ?? 0));
  const named = [...new Map(newest.toReversed().map((cluster) => [cluster.name, cluster])).values()].toReversed().slice(0, shown);
  const found = await Promise.all(named.map(async ({ id, name }) => ({ name, receipt: await clusters.receipt(id) })));
  // A discarded draft has none: there was nothing to tear down.
  return found.flatMap(({ name, receipt }) => (receipt === null ? [] : [{ tenant: tenant.slug, name, at: receipt.at, by: receipt.by }]));
}
