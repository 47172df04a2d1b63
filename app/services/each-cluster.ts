/** Going through every cluster without holding them all. */
import type { Cluster, ClusterState } from "#app/domain/cluster/cluster.ts";
import type { ClusterStore } from "#app/ports/cluster-store.ts";

export const clustersAtOnce = 200;

/** Page by page in the order of ids; a cluster that is made meanwhile may be missed, none that stays is. */
export async function* eachPage(
  clusters: Pick<ClusterStore, "batch">,
  states?: readonly ClusterState[],
): AsyncGenerator<readonly Cluster[]> {
  for (let after = ""; ; ) {
    const page = await clusters.batch({ after, limit: clustersAtOnce, ...(states === undefined ? {} : { states }) });
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < clustersAtOnce) return;
    after = last.id;
  }
}
