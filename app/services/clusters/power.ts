/** Saving a cluster and waking it: the revision that does it, which gets a plan like every other. */
import { isHoursFault, type PowerHours, readHours } from "#app/domain/power/power-hours.ts";
import { saveCluster, wakeCluster, withPowerHours } from "#app/domain/power/power-revisions.ts";
import { blockerOf, type Cluster } from "#app/domain/cluster/cluster.ts";
import { sameSpec } from "#app/domain/cluster/spec-changes.ts";
import { type ClusterSpec, isSaved, type Power, powerOf } from "#app/domain/cluster/spec.ts";
import { invalidField, Problem } from "#app/domain/problem.ts";
import { newestSpec, type ViewDeps } from "#app/services/views.ts";
import { refuseRace } from "./certificates.ts";
import { demandIdle } from "./demand-idle.ts";

/**
 * The cluster with a newest revision of this power. One that was written and has not come to life yet is kept, however often it is
 * asked for. Problems: wrong-state, nothing-changed, cluster-busy.
 */
export async function writePower(deps: ViewDeps, cluster: Cluster, power: Power): Promise<Cluster> {
  const { newest, live } = await livingSpecs(deps, cluster);
  if (powerOf(newest) === power && powerOf(live) !== power) return cluster;
  const next = power === "saved" ? savedFrom(live, newest) : wokenFrom(live, newest);
  return await written(deps, cluster, next);
}

/**
 * The cluster with a newest revision that has these hours, which count once it is live. `text`: as people write it; null: none.
 * Problems: invalid, wrong-state, nothing-changed, cluster-busy.
 */
export async function writePowerHours(deps: ViewDeps, cluster: Cluster, text: string | null, setBy: string): Promise<Cluster> {
  const hours = text === null ? null : hoursFrom(text);
  const { newest, live } = await livingSpecs(deps, cluster);
  demandLevel(live, newest);
  const next = withPowerHours(live, newest, hours === null ? null : { ...hours, setBy });
  if (sameSpec(live, next)) throw new Problem({ code: "nothing-changed" });
  return await written(deps, cluster, next);
}

function hoursFrom(text: string): PowerHours {
  const read = readHours(text);
  if (isHoursFault(read)) throw invalidField("hours", `hours.${read.fault}`, {});
  return read;
}

interface LivingSpecs {
  readonly newest: ClusterSpec;
  readonly live: ClusterSpec;
}

async function livingSpecs(deps: ViewDeps, cluster: Cluster): Promise<LivingSpecs> {
  const live = await deps.clusters.spec(cluster.id, cluster.liveRevision);
  if (live === null || (cluster.state !== "ready" && cluster.state !== "degraded"))
    throw new Problem({ code: "wrong-state", verb: "cluster.edit", state: blockerOf(cluster) });
  return { newest: await newestSpec(deps, cluster), live };
}

async function written(deps: ViewDeps, cluster: Cluster, next: ClusterSpec): Promise<Cluster> {
  await demandIdle(deps, cluster);
  await deps.clusters.addRevision(next, deps.now()).catch((error: unknown) => refuseRace(error, next.revision - 1));
  return (await deps.clusters.get(cluster.id)) ?? cluster;
}

/** A change that waits for its approval is approved or discarded first. */
function demandLevel(live: ClusterSpec, newest: ClusterSpec): void {
  if (!sameSpec(newest, live)) throw new Problem({ code: "wrong-state", verb: "cluster.edit", state: "newer-revision" });
}

/** Saving says nothing but that. */
function savedFrom(live: ClusterSpec, newest: ClusterSpec): ClusterSpec {
  demandLevel(live, newest);
  if (isSaved(live)) throw new Problem({ code: "nothing-changed" });
  return saveCluster(live, newest);
}

/** Also after an attempt to save that did not come to life: it may have saved some of the machines. */
function wokenFrom(live: ClusterSpec, newest: ClusterSpec): ClusterSpec {
  if (!isSaved(live) && !isSaved(newest)) throw new Problem({ code: "nothing-changed" });
  return wakeCluster({ previous: newest, live });
}
