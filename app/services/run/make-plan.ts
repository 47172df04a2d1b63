/** Makes the plan of a preview: its rows, what it takes of the host, and whether the host has it. */
import { createHash } from "node:crypto";
import { totalOf } from "#app/domain/cluster/sizes.ts";
import { planHash } from "#app/domain/plan/hash.ts";
import { rowsWithWakes } from "#app/domain/drift/repair.ts";
import { judgeCapacity, noCapacity } from "#app/domain/plan/headroom.ts";
import type { Plan, PlanRow } from "#app/domain/plan/plan.ts";
import { limitOfHost } from "#app/services/hosts/host-limit.ts";
import { obstaclesOf } from "#app/services/run/check-host.ts";
import type { Run } from "#app/services/run/run-parts.ts";
import { teardownRows } from "#app/services/run/teardown.ts";

/** Stores it under the next number of its cluster. */
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
  return await ports.clusters.addPlan(plan, claim);
}

async function rowsOf(run: Run, found: readonly PlanRow[]): Promise<readonly PlanRow[]> {
  if (run.operation.planKind === "destroy") return await teardownRows(run, found);
  return run.repair === null ? found : rowsWithWakes(found, run.repair.wakes);
}

/** True when the plan is word for word the one that was stored. */
export const isUnchanged = (plan: Plan): boolean => planHash(plan.specRevision, plan.stateSerial, plan.rows, sha256) === plan.hash;

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Every cluster counts with what it has reserved: what lives, and what is approved. Drafts and unapproved edits do not. */
async function capacityFor({ ports, operation, cluster, order }: Run) {
  return judgeCapacity({
    limit: await limitOfHost(ports),
    reserved: await ports.clusters.reserved(),
    now: cluster.reserved ?? noCapacity,
    after: operation.planKind === "destroy" ? noCapacity : totalOf(order.spec.machines),
  });
}
