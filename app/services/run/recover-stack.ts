/** What running and recovering an operation share: recovering its stack, and saying what it waits for then. */
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import { findDrift } from "#app/domain/drift/find-drift.ts";
import { wakesOf, withoutDaemonRestart } from "#app/domain/drift/repair.ts";
import { countResumes, mostResumes } from "#app/domain/operation/recovery.ts";
import { kindOf } from "#app/domain/operation/kinds.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import { type Message, message, reasonsOf } from "#app/domain/message/message.ts";
import { LeaseLost } from "#app/ports/operation-store.ts";
import { buildRunRequest } from "./build-run-request.ts";
import type { RunPorts } from "./run-parts.ts";
import { wakeHost } from "./activate.ts";

export interface PutInOrder {
  readonly did: readonly Message[];
  /** Why it could not be done now; the next run does it before it begins. Empty: it was done. */
  readonly trouble: readonly Message[];
}

/** A preview leaves nothing behind. Rejects with LeaseLost when `holds` does. */
export async function putInOrder(ports: RunPorts, operation: Operation, holds: () => Promise<void>): Promise<PutInOrder> {
  try {
    const order = await buildRunRequest(ports, operation);
    // What is to be removed need not run.
    if (!kindOf(operation).removesCluster)
      await wake(ports, order.spec, ((await ports.clusters.get(operation.clusterId))?.liveRevision ?? 0) > 0);
    const { notes } = await ports.engine.recover(order, holds);
    return { did: notes, trouble: [] };
  } catch (error) {
    if (error instanceof LeaseLost) throw error;
    return { did: [], trouble: [message("recovery-on-resume"), ...reasonsOf(error)] };
  }
}

/** After a restart of the host networks and pools may be off: the engine would take what lies in them for gone. */
async function wake({ hostInspections }: RunPorts, spec: ClusterSpec, alive: boolean): Promise<void> {
  if (!hostInspections) return;
  const host = hostInspections.of(spec.hostId);
  const asleep = findDrift(spec, { host: await host.inspect(spec.prefix), engine: null, nodes: null });
  // Nobody approved a restart of libvirt's daemon, and the engine does not need the firewall rules to see what is there.
  await wakeHost({ host }, wakesOf(spec, withoutDaemonRestart(asleep, []), alive), () => Promise.resolve());
}

const entriesPerPage = 500;

/** How often it was resumed by itself since something was last got done. */
export async function idleResumes(ports: Pick<RunPorts, "journal">, operationId: string): Promise<number> {
  let idle = 0;
  for (let before = await ports.journal.head(operationId); before > 0; before -= entriesPerPage) {
    const after = Math.max(0, before - entriesPerPage);
    const count = countResumes(await ports.journal.read(operationId, after, before - after));
    idle += count.idle;
    if (count.known || idle >= mostResumes) break;
  }
  return Math.min(idle, mostResumes);
}

/** The reasons of an interruption: what happened, and that a person has to act when Berth does not keep trying. */
export async function waitsFor(ports: RunPorts, operationId: string, parts: readonly Message[]): Promise<readonly Message[]> {
  const idle = await idleResumes(ports, operationId);
  return idle >= mostResumes ? [...parts, message("gave-up", { times: idle })] : parts;
}
