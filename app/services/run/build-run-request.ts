/** What the engine needs to run or to recover an operation. */
import { kindOf, targetOf } from "#app/domain/operation/kinds.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import type { StackRun } from "#app/ports/stack-engine.ts";
import { refused, type RunPorts } from "./run-parts.ts";

/** Throws Refused. */
export async function orderFor(ports: RunPorts, operation: Operation): Promise<StackRun> {
  const { tenantId, clusterId, kind, planKind } = operation;
  const { makesRevisionLive } = targetOf(operation);
  const spec = await ports.clusters.spec(clusterId, operation.specRevision);
  const secrets = await ports.secrets.clusterSecrets(tenantId, clusterId);
  if (spec === null || secrets === null) throw refused("unknown", "the cluster's spec or its keys are not there any more", "destroy");
  const machineHost = await ports.machineHost(spec, makesRevisionLive ? "image" : "without-image");
  if (machineHost === null) throw refused("engine-missing", `the image ${spec.image.name} is not ready`, "wait-for-setup");
  if (machineHost.imagePlanned && makesRevisionLive && kindOf(operation).changesHost) throw refused("engine-missing", `the image ${spec.image.name} is still being made`, "wait-for-setup");
  return { operationId: operation.id, kind, planKind, spec, secrets, passphrase: await ports.secrets.passphrase(tenantId), machineHost };
}
