/** The cluster that a change is about, also when an earlier attempt of the same change has renamed it already. */
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import { notFound, problemOf } from "#app/domain/problem.ts";
import type { Actor } from "#app/domain/tenant.ts";
import { findCluster, type FoundCluster, type GateDeps } from "#app/services/access/authorized-lookup.ts";
import type { ClusterRef } from "#app/services/portal.ts";

/** `name`: the name that the change asks for. */
export async function findEdited(deps: GateDeps, actor: Actor, ref: ClusterRef, name: string | undefined): Promise<FoundCluster> {
  const found = await foundAt(deps, actor, ref);
  if (found !== null && found.cluster.state !== "gone") return found;
  const renamed = name === undefined ? null : await foundAt(deps, actor, { ...ref, cluster: name });
  if (renamed !== null && (await wasRenamed(deps, renamed.cluster, ref.cluster))) return renamed;
  if (found === null) throw notFound();
  return found;
}

const foundAt = (deps: GateDeps, actor: Actor, ref: ClusterRef): Promise<FoundCluster | null> =>
  findCluster(deps, actor, ref, "cluster.edit").catch((error: unknown) => {
    if (problemOf(error)?.code === "not-found") return null;
    throw error;
  });

/** By its newest revision. */
async function wasRenamed({ clusters }: GateDeps, { id, revision, name }: Cluster, from: string): Promise<boolean> {
  const before = revision > 1 ? await clusters.spec(id, revision - 1) : null;
  return before?.name === from && name !== from;
}
