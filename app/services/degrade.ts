/** Marks a cluster of which something may exist that is not as it should be. */
import type { Operation } from "#app/domain/operation/operation.ts";
import type { RunPorts } from "./run-parts.ts";

/** A draft of which nothing came to be stays a draft. */
export async function degrade(ports: RunPorts, operation: Operation): Promise<void> {
  if (operation.kind === "preview" || operation.kind === "refresh") return;
  const cluster = await ports.clusters.get(operation.clusterId);
  if (cluster === null || cluster.state === "gone" || cluster.state === "draft") return;
  await ports.clusters.setState(cluster.id, "degraded", ports.now());
}
