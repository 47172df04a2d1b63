/** Drift inside a run: what a preview was asked to repair, whether an update still finds it, and waking what sleeps. */
import { stepTable } from "#app/domain/cluster/steps.ts";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import type { DriftFinding } from "#app/domain/drift/drift.ts";
import { findDrift, goneSteps, repairOf } from "#app/domain/drift/find-drift.ts";
import {
  isOnHost,
  movedSince,
  planRepair,
  stepsLeft,
  uncordonsOf,
  type Wake,
  wakesFor,
  wakesOf,
  withoutDaemonRestart,
} from "#app/domain/drift/repair.ts";
import type { AdoptRequest, RepairRequest } from "#app/domain/drift/drift-request.ts";
import { message, MessageError } from "#app/domain/message/message.ts";
import { type OperationEvent, type StepRef, stepRefOf } from "#app/domain/operation/event.ts";
import { kindOf, targetOf } from "#app/domain/operation/kinds.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import type { Plan, PlanRepair } from "#app/domain/plan/plan.ts";
import type { DriftStore } from "#app/ports/drift-store.ts";
import type { HostInspection } from "#app/ports/host-inspection.ts";
import { ownAccess } from "#app/services/clusters/cluster-access.ts";
import { type Waker, wakeHost } from "./activate.ts";
import { wholeJournal } from "#app/services/whole-journal.ts";
import { refused, type Run, type RunPorts, type RunRepair } from "./run-parts.ts";

interface DriftPorts {
  readonly store: DriftStore;
  readonly host: HostInspection;
}

const portsOf = ({ drift, hostInspections }: RunPorts, { hostId }: Cluster): DriftPorts | null =>
  drift && hostInspections ? { store: drift, host: hostInspections.of(hostId) } : null;

/** Null: this run is not about drift. Throws Refused when the host is no longer as the approved plan found it. */
export async function repairFor(ports: RunPorts, operation: Operation, cluster: Cluster, plan: Plan | null): Promise<RunRepair | null> {
  const drift = portsOf(ports, cluster);
  if (!drift || !targetOf(operation).makesRevisionLive) return null;
  const live = cluster.liveRevision === 0 ? null : await ports.clusters.spec(cluster.id, cluster.liveRevision);
  if (!kindOf(operation).needsPlan) return live && (await asked(drift, operation, live));
  if (operation.attempt > 1 && (await hasBegun(ports, operation))) return await carryOn(ports, drift, operation, live, plan);
  return plan?.repair && live ? await confirmed(drift, live, plan.repair) : null;
}

/** What the operation asks for, which every attempt of it reads again on the host. */
async function asked(
  drift: DriftPorts,
  { drift: request, clusterId, specRevision }: Operation,
  live: ClusterSpec,
): Promise<RunRepair | null> {
  if (request === null) return null;
  const now = await onHost(drift, live);
  if (request.wish === "adopt") return adopted(live, request, now, specRevision);
  const record = await drift.store.get(clusterId);
  return repaired(live, request, now, record?.rows ?? []);
}

/** Gone rows need no repair any more; of what the host cannot tell, the last check's word holds. */
function repaired(live: ClusterSpec, { ids }: RepairRequest, now: readonly DriftFinding[], looked: readonly DriftFinding[]): RunRepair {
  const found = [...now, ...looked.filter((f) => !isOnHost(f.kind))].filter((f) => ids.includes(f.id));
  const plan = planRepair(live, { repaired: found, adopted: [], now });
  return { plan, wakes: [...wakesOf(live, plan.refresh ? now : found, true), ...uncordonsOf(live, plan.marks)] };
}

/** The revision was written for what a check had found: where that is over, it would change what is right. */
function adopted(live: ClusterSpec, { id, found }: AdoptRequest, now: readonly DriftFinding[], revision: number): RunRepair {
  const still = now.filter((f) => f.id === id && f.found === found);
  if (still.length === 0) throw refused("stale-plan", [message("adopted-drift-gone", { revision, id, found })], "preview-again");
  return { plan: planRepair(live, { repaired: [], adopted: still, now }), wakes: wakesOf(live, now, true) };
}

async function confirmed(drift: DriftPorts, live: ClusterSpec, plan: PlanRepair): Promise<RunRepair> {
  const now = await onHost(drift, live);
  const { over, fresh } = movedSince(plan, now);
  if (over.length + fresh.length > 0) throw refused("stale-plan", [message("drift-moved", { over, fresh })], "preview-again");
  const approved = now.filter((f) => plan.marks.includes(`${f.id}=${f.found}`));
  return { plan, wakes: [...wakesOf(live, approved, true), ...uncordonsOf(live, plan.marks)] };
}

/**
 * A run that continues after an interruption meets the host as the interruption left it: what is off is started, what is
 * gone made again. What the plan makes again and no attempt has made is made now, although the host looks right by then.
 */
async function carryOn(
  ports: RunPorts,
  drift: DriftPorts,
  operation: Operation,
  live: ClusterSpec | null,
  plan: Plan | null,
): Promise<RunRepair> {
  const spec = live ?? (await ports.clusters.spec(operation.clusterId, operation.specRevision));
  if (spec === null) return { plan: { refresh: true, again: [], marks: [] }, wakes: [] };
  const host = await drift.host.inspect(spec.prefix);
  const now = findDrift(spec, { host, engine: null, nodes: null });
  const marks = plan?.repair?.marks ?? [];
  const left = now.filter((f) => marks.includes(`${f.id}=${f.found}`));
  const found = repairOf(spec, left).again;
  const planned = plan?.repair ? stepsLeft(plan.repair.again, await madeAgain(ports, operation), stepTable([spec])) : [];
  const refresh = !now.some((f) => f.kind === "disk-missing");
  const gone = refresh ? goneSteps(spec, host) : new Set<string>();
  const again = [...new Set([...found, ...planned])].filter((name) => !gone.has(name)).sort();
  const wakes = [...wakesOf(spec, withoutDaemonRestart(now, marks), live !== null), ...uncordonsOf(spec, marks)];
  const target = await ports.clusters.spec(operation.clusterId, operation.specRevision);
  return { plan: { refresh, again, marks: [] }, wakes: wakesFor(target ?? spec, wakes) };
}

/** An attempt that was refused before it touched anything leaves what the plan found to be confirmed. */
async function hasBegun({ journal }: RunPorts, { id }: Operation): Promise<boolean> {
  for await (const event of wholeJournal(journal, id)) if (event.kind === "expected") return true;
  return false;
}

async function madeAgain({ journal }: RunPorts, { id }: Operation): Promise<ReadonlySet<string>> {
  const done = new Set<string>();
  for await (const event of wholeJournal(journal, id)) {
    if (event.kind === "step" && event.status === "done" && (event.change === "replace" || event.change === "create"))
      done.add(event.step.name);
  }
  return done;
}

const onHost = async (drift: DriftPorts, spec: ClusterSpec): Promise<readonly DriftFinding[]> =>
  findDrift(spec, { host: await drift.host.inspect(spec.prefix), engine: null, nodes: null });

function wakerOf({ nodes, keyMaker, secrets, now }: RunPorts, host: HostInspection, spec: ClusterSpec): Waker {
  if (!nodes || !keyMaker) return { host };
  const uncordon = async (node: string): Promise<void> => {
    const access = await ownAccess({ secrets, keyMaker, now }, spec);
    if (access === null) throw new MessageError([message("uncordon-without-access", { node })]);
    await nodes.uncordon(access, node);
  };
  return { host, uncordon };
}

/** Wakes what the plan wakes and reports it in the steps that the plan has for it. */
export async function wakeFor({ ports, repair, plan, operation, journal, order }: Run): Promise<void> {
  if (!ports.hostInspections || !repair || !kindOf(operation).changesHost) return;
  const stepOf = (wake: Wake): StepRef | undefined => plan?.rows.find((r) => r.name === wake.row && !r.type.startsWith("command:"));
  await wakeHost(wakerOf(ports, ports.hostInspections.of(order.spec.hostId), order.spec), repair.wakes, async (wake, status) => {
    const row = stepOf(wake);
    if (!row) return;
    await journal({ kind: "step", step: stepRefOf(row), change: "update", status } satisfies OperationEvent);
  });
}
