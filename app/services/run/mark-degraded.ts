/** Marks a cluster of which something may exist that is not as it should be. */
import { kindOf } from "#app/domain/operation/kinds.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import type { Claim } from "#app/ports/operation-store.ts";
import type { RunPorts } from "#app/services/run/run-parts.ts";

/** A draft of which nothing came to be stays a draft. Rejects with LeaseLost. */
export async function markDegraded(ports: RunPorts, operation: Operation, claim: Claim): Promise<void> {
  if (!kindOf(operation).changesHost) return;
  const cluster = await ports.clusters.get(operation.clusterId);
  if (cluster === null || cluster.state === "gone" || cluster.state === "draft") return;
  await ports.clusters.setState(cluster.id, "degraded", ports.now(), claim);
}

/** Few entries come between the claim of an attempt and its refusal. */
const entriesBack = 50;

/** Whether the attempt before this one was cut off: nobody has said since what it left. */
export async function wasInterrupted(journal: RunPorts["journal"], operationId: string): Promise<boolean> {
  const head = await journal.head(operationId);
  const states = (await journal.read(operationId, Math.max(0, head - entriesBack), entriesBack)).flatMap(({ event: e }) =>
    e.kind === "state" ? [e.to] : [],
  );
  return states[states.lastIndexOf("queued") - 1] === "interrupted";
}
