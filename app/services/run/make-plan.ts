/** Makes the plan of a preview: its rows, what it takes of the host, and whether the host has it. */
import { capacityOf } from "#app/domain/power/taken-capacity.ts";
import { createHash } from "node:crypto";
import { targetOf } from "#app/domain/operation/kinds.ts";
import { planHash } from "#app/domain/plan/hash.ts";
import { rowsWithWakes } from "#app/domain/drift/repair.ts";
import { judgeCapacity, noCapacity } from "#app/domain/plan/headroom.ts";
import type { Plan, PlanRow } from "#app/domain/plan/plan.ts";
import { limitOfHost } from "#app/services/hosts/host-limit.ts";
import { obstaclesOf } from "#app/services/run/check-host.ts";
import type { Run } from "#app/services/run/run-parts.ts";
import { teardownRows } from "#app/services/run/teardown.ts";

/** Stores it under the next number of its cluster, unless an attempt that was cut off stored the same one. */
export async function makePlan(run: Run, found: readonly PlanRow[]): Promise<Plan> {
  const { ports, operation, claim, cluster, repair } = run;
  const rows = await rowsOf(run, found);
  const capacity = await capacityFor(run);
  const obstacles = await obstaclesOf(ports, operation, cluster, run.order);
  const stateSerial = await ports.clusters.stateSerial(cluster.id);
  const plan = {
    id: ports.newId(),
    tenantId: cluster.tenantId,
    clusterId: cluster.id,
    operationId: operation.id,
    kind: operation.planKind,
    fromRevision: cluster.liveRevision,
    specRevision: operation.specRevision,
    stateSerial,
    hash: planHash(operation.specRevision, stateSerial, rows, sha256),
    rows,
    headroom: capacity.headroom,
    refusals: [...capacity.refusals, ...obstacles],
    createdAt: ports.now(),
    ...(repair === null ? {} : { repair: repair.plan }),
  };
  return (await storedBefore(run, plan)) ?? (await ports.clusters.addPlan(plan, claim));
}

async function storedBefore({ ports: { clusters }, operation }: Run, plan: Omit<Plan, "number">): Promise<Plan | null> {
  const heads = await clusters.planHeadsOf({ ids: [], operationIds: [operation.id] });
  const newest = heads.toSorted((a, b) => b.number - a.number).at(0);
  const stored = newest === undefined ? null : await clusters.plan(newest.id);
  return stored !== null && saysTheSame(stored, plan) ? stored : null;
}

function saysTheSame(stored: Plan, plan: Omit<Plan, "number">): boolean {
  const said = ({ hash, fromRevision, headroom, refusals, repair }: Omit<Plan, "number">) =>
    JSON.stringify([hash, fromRevision, headroom, refusals, repair ?? null]);
  return said(stored) === said(plan);
}

async function rowsOf(run: Run, found: readonly PlanRow[]): Promise<readonly PlanRow[]> {
  if (targetOf(run.operation).removesCluster) return await teardownRows(run, found);
  return run.repair === null ? found : rowsWithWakes(found, run.repair.wakes);
}

/** True when the plan is word for word the one that was stored. */
export const isUnchanged = (plan: Plan): boolean => planHash(plan.specRevision, plan.stateSerial, plan.rows, sha256) === plan.hash;

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Every cluster of the host counts with what it has reserved: what lives, and what is approved. Drafts and unapproved edits do not. */
async function capacityFor({ ports, operation, cluster, order }: Run) {
  return judgeCapacity({
    limit: await limitOfHost(ports, cluster.hostId),
    reserved: await ports.clusters.reserved(cluster.hostId),
    now: cluster.reserved ?? noCapacity,
    after: targetOf(operation).reservesCapacity ? capacityOf(order.spec) : noCapacity,
  });
}
