/**
 * An operation whose holder is gone, in the hands of a worker that took it over: the stack is recovered, what was done
 * is journalled, and the operation waits as interrupted; or it ends as cancelled, when that was asked for. And the
 * other half: interrupted operations that Berth takes up again by itself.
 */
import { kindOf, targetOf } from "#app/domain/operation/kinds.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import { byItself, resumeIn } from "#app/domain/operation/recovery.ts";
import { type Message, message } from "#app/domain/message/message.ts";
import { failpoint } from "#app/ports/failpoint.ts";
import { type Claim, ClusterBusy, ClusterGone, LeaseLost } from "#app/ports/operation-store.ts";
import { markDegraded } from "#app/services/run/mark-degraded.ts";
import { answers } from "./libvirt-away.ts";
import { idleResumes, putInOrder, waitsFor } from "./recover-stack.ts";
import type { RunPorts } from "./run-parts.ts";

const holderGone = message("holder-gone");
const leaseMs = 15_000;

/** Rejects with LeaseLost when yet another worker took it over. */
export async function recoverOperation(ports: RunPorts, operation: Operation, claim: Claim): Promise<Operation> {
  failpoint("recover.begun");
  const tell = (did: readonly Message[]) => ports.journal.append(claim, [{ kind: "recovery", automatic: true, did }], ports.now());
  await tell([message("took-over")]);
  const { did, trouble } = kindOf(operation).changesHost
    ? await putInOrder(ports, operation, () => stillMine(ports, claim))
    : { did: [], trouble: [] };
  if (did.length > 0) await tell(did);
  failpoint("recover.before-interrupt");
  if ((await ports.operations.get(operation.id))?.cancelRequestedAt) {
    await markDegraded(ports, operation, claim);
    return await ports.operations.finish(claim, "cancelled", trouble, null, ports.now());
  }
  return await ports.operations.finish(
    claim,
    "interrupted",
    await waitsFor(ports, operation.id, [holderGone, ...trouble]),
    null,
    ports.now(),
  );
}

async function stillMine(ports: RunPorts, claim: Claim): Promise<void> {
  if ((await ports.operations.heartbeat(claim, ports.now(), leaseMs)) === "lost")
    throw new LeaseLost(`operation ${claim.operationId} has another holder`);
}

/** Queues every interrupted operation again that may continue automatically now. Returns milliseconds until the next may, or null. */
export async function resumeInterrupted(ports: RunPorts): Promise<number | null> {
  const interrupted = await ports.operations.list({ states: ["interrupted"], limit: 200 });
  const answering = await onAnsweringHosts(ports, interrupted);
  const waits: number[] = [];
  for (const operation of answering) {
    const wait = await resumeOne(ports, operation);
    if (wait !== null) waits.push(wait);
  }
  return waits.length === 0 ? null : Math.min(...waits);
}

/** Without libvirt a resumed run would only be interrupted again, and its tries would be over soon. Each host is asked once. */
async function onAnsweringHosts(ports: RunPorts, operations: readonly Operation[]): Promise<readonly Operation[]> {
  if (operations.length === 0) return [];
  const clusters = await ports.clusters.several([...new Set(operations.map((o) => o.clusterId))]);
  const hostIds = [...new Set(clusters.map((c) => c.hostId))];
  const answered = await Promise.all(hostIds.map(async (id) => ((await answers(ports.hypervisors, id)) ? [id] : [])));
  const reached = new Set(clusters.filter((c) => answered.flat().includes(c.hostId)).map((c) => c.id));
  return operations.filter((o) => reached.has(o.clusterId));
}

async function resumeOne(ports: RunPorts, operation: Operation): Promise<number | null> {
  if (!(await isPrepared(ports, operation))) return null;
  const [last] = await ports.journal.read(operation.id, (await ports.journal.head(operation.id)) - 1, 1);
  const wait = resumeIn(await idleResumes(ports, operation.id), last?.at ?? 0, ports.now());
  if (wait !== 0) return wait;
  try {
    // Since it was looked at, a person may have cancelled it.
    await ports.operations.resume(operation.id, byItself, ports.now(), ["interrupted"]);
  } catch (error) {
    if (!(error instanceof ClusterBusy || error instanceof ClusterGone)) throw error;
  }
  return null;
}

/** After a restart the image may still be on its way. */
async function isPrepared(ports: RunPorts, operation: Operation): Promise<boolean> {
  const spec = await ports.clusters.spec(operation.clusterId, operation.specRevision);
  return spec !== null && (await ports.machineHost(spec, targetOf(operation).makesRevisionLive ? "image" : "without-image")) !== null;
}
