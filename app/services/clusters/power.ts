/** Saving a cluster and waking it: the revision that does it, which gets a plan like every other. */
import { saveCluster, wakeCluster } from "#app/domain/power/power-revisions.ts";
import { blockerOf, type Cluster } from "#app/domain/cluster/cluster.ts";
import { sameSpec } from "#app/domain/cluster/spec-changes.ts";
import { type ClusterSpec, isSaved, type Power, powerOf } from "#app/domain/cluster/spec.ts";
import { Problem } from "#app/domain/problem.ts";
import { newestSpec, type ViewDeps } from "#app/services/views.ts";
import { refuseRace } from "./certificates.ts";
import { demandIdle } from "./demand-idle.ts";

/**
 * The cluster with a newest revision of this power. One that was written and has not come to life yet is kept, however often it is
 * asked for. Problems: wrong-state, nothing-changed, cluster-busy.
 */
export async function writePower(deps: ViewDeps, cluster: Cluster, power: Power): Promise<Cluster> {
  const newest = await newestSpec(deps, cluster);
  const live = await deps.clusters.spec(cluster.id, cluster.liveRevision);
  if (live === null || (cluster.state !== "ready" && cluster.state !== "degraded"))
    throw new Problem({ code: "wrong-state", verb: "cluster.edit", state: blockerOf(cluster) });
  if (powerOf(newest) === power && powerOf(live) !== power) return cluster;
  const next = power === "saved" ? savedFrom(live, newest) : wokenFrom(live, newest);
  await demandIdle(deps, cluster);
  await deps.clusters.addRevision(next, deps.now()).catch((error: unknown) => refuseRace(error, newest.revision));
  return (await deps.clusters.get(cluster.id)) ?? cluster;
}

/** Saving says nothing but that: a change that waits for its approval is approved or discarded first. */
function savedFrom(live: ClusterSpec, newest: ClusterSpec): ClusterSpec {
  if (!sameSpec(newest, live)) throw new Problem({ code: "wrong-state", verb: "cluster.edit", state: "newer-revision" });
  if (isSaved(live)) throw new Problem({ code: "nothing-changed" });
  return saveCluster(live, newest);
}

/** Also after an attempt to save that did not come to life: it may have saved some of the machines. */
function wokenFrom(live: ClusterSpec, newest: ClusterSpec): ClusterSpec {
  if (!isSaved(live) && !isSaved(newest)) throw new Problem({ code: "nothing-changed" });
  return wakeCluster({ previous: newest, live });
}
