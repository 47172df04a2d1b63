/** What the engine needs to run or to recover an operation. */
import { type ClusterSpec, controlPlaneOf } from "#app/domain/cluster/spec.ts";
import { kindOf, targetOf } from "#app/domain/operation/kinds.ts";
import { message } from "#app/domain/message/message.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import type { RunRequest } from "#app/ports/stack-engine.ts";
import { refused, type RunPorts } from "./run-parts.ts";

/** Throws Refused. */
export async function buildRunRequest(ports: RunPorts, operation: Operation): Promise<RunRequest> {
  const { tenantId, clusterId, kind, planKind } = operation;
  const { makesRevisionLive } = targetOf(operation);
  const spec = await ports.clusters.spec(clusterId, operation.specRevision);
  const secrets = await ports.secrets.clusterSecrets(tenantId, clusterId);
  if (spec === null || secrets === null) throw refused("unknown", [message("spec-or-keys-missing")], "destroy");
  const { name: image } = controlPlaneOf(spec).image;
  const machineHost = await ports.machineHost(spec, makesRevisionLive ? "image" : "without-image");
  if (machineHost === null) throw refused("engine-missing", [message("image-not-ready", { image })], "wait-for-setup");
  if (machineHost.imagePlanned && makesRevisionLive && kindOf(operation).changesHost)
    throw refused("engine-missing", [message("image-being-built", { image })], "wait-for-setup");
  const known = await knownSpecs(ports, clusterId, spec);
  return {
    operationId: operation.id,
    kind,
    planKind,
    spec,
    known,
    secrets,
    passphrase: await ports.secrets.passphrase(tenantId),
    machineHost,
  };
}

/** So many revisions back something may have been left: each needs an update that began and never succeeded. */
const mostTried = 50;

/** Revisions whose machines may exist besides this one's: the one that lives, and those after it, which an update may have begun. */
async function knownSpecs({ clusters }: RunPorts, clusterId: string, spec: ClusterSpec): Promise<readonly ClusterSpec[]> {
  const cluster = await clusters.get(clusterId);
  if (cluster === null) return [];
  const oldest = Math.max(1, cluster.liveRevision, cluster.revision - mostTried);
  const after = Array.from({ length: cluster.revision - oldest + 1 }, (_, i) => oldest + i);
  const wanted = new Set(
    [...(cluster.liveRevision > 0 ? [cluster.liveRevision] : []), ...after].filter((revision) => revision !== spec.revision),
  );
  return clusters.specs([...wanted].map((revision) => ({ clusterId, revision })));
}
