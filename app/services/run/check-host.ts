/** Checks whether something on the cluster's libvirt host is in the way of what a preview plans, and again before an update begins. */
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import type { FailureCause } from "#app/domain/operation/failure.ts";
import { kindOf, targetOf } from "#app/domain/operation/kinds.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import { findObstacles, publishedPortsOf } from "#app/domain/plan/host-obstacles.ts";
import type { Obstacle } from "#app/domain/plan/plan.ts";
import type { RunRequest } from "#app/ports/stack-engine.ts";
import { refused, type RunPorts } from "#app/services/run/run-parts.ts";

/** Nothing is in the way of a teardown. */
export async function obstaclesOf(
  ports: RunPorts,
  operation: Operation,
  cluster: Cluster,
  { spec, machineHost }: RunRequest,
): Promise<readonly Obstacle[]> {
  if (ports.hostChecks === undefined || !targetOf(operation).makesRevisionLive) return [];
  const live = cluster.liveRevision === 0 ? null : await ports.clusters.spec(cluster.id, cluster.liveRevision);
  const survey = await ports.hostChecks.of(spec.hostId).survey(publishedPortsOf(spec));
  const named = await ports.hypervisors.of(spec.hostId).inventory(spec.prefix);
  return findObstacles({ spec, live, survey, named, poolRoot: machineHost.poolRoot });
}

/** Throws Refused: what the plan found free may have been taken since. */
export async function demandNoObstacle(ports: RunPorts, operation: Operation, cluster: Cluster, order: RunRequest): Promise<void> {
  if (!kindOf(operation).changesHost) return;
  const found = await obstaclesOf(ports, operation, cluster, order);
  const [first] = found;
  if (first === undefined) return;
  throw refused(causes[first.code], found, "ask-operator");
}

const causes: Readonly<Record<Obstacle["code"], FailureCause>> = {
  "address-conflict": "subnet-in-use",
  "bridge-taken": "name-taken",
  "dns-port-taken": "dns-port-taken",
  "port-taken": "port-taken",
  "foreign-machine": "name-taken",
  "foreign-network": "name-taken",
  "foreign-pool": "name-taken",
  "disk-full": "out-of-disk",
  "inodes-used-up": "out-of-disk",
  "ip-forwarding-off": "traffic-not-forwarded",
  "forwarding-dropped": "traffic-not-forwarded",
  "confinement-incomplete": "confinement-incomplete",
};
