/** Marks a cluster of which something may exist that is not as it should be. */
import type { ClusterState } from "#app/domain/cluster/cluster.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import type { Claim } from "#app/ports/operation-store.ts";
import type { RunPorts } from "./run-parts.ts";

/** A draft of which nothing came to be stays a draft. Rejects with LeaseLost. */
export const degrade = (ports: RunPorts, operation: Operation, claim: Claim): Promise<void> =>
  degradeFrom(["provisioning", "destroying", "ready", "degraded"], ports, operation, claim);

/** For an operation that did not get to its stack this time: only what an earlier attempt had begun is said to have ended. */
export const degradeUnderWay = (ports: RunPorts, operation: Operation, claim: Claim): Promise<void> =>
  degradeFrom(["provisioning", "destroying"], ports, operation, claim);

async function degradeFrom(states: readonly ClusterState[], ports: RunPorts, operation: Operation, claim: Claim): Promise<void> {
  if (operation.kind === "preview" || operation.kind === "refresh") return;
  const cluster = await ports.clusters.get(operation.clusterId);
  if (cluster === null || !states.includes(cluster.state)) return;
  await ports.clusters.setState(cluster.id, "degraded", ports.now(), claim);
}
