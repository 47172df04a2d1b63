/** Makes the plan of a preview: its rows, what it takes of the host, and whether the host has it. */
import { createHash } from "node:crypto";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import { planHash } from "#app/domain/plan/hash.ts";
import { rowsWithWakes } from "#app/domain/drift/repair.ts";
import { judgeRoom, type Room } from "#app/domain/plan/headroom.ts";
import type { Plan, PlanRow } from "#app/domain/plan/plan.ts";
import type { Run } from "./run-parts.ts";

/** Stores it under the next number of its cluster. */
export async function makePlan(run: Run, found: readonly PlanRow[]): Promise<Plan> {
  const { ports, operation, claim, cluster, repair } = run;
  const rows = repair === null ? found : rowsWithWakes(found, repair.wakes);
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
    ...(await roomFor(run)),
    createdAt: ports.now(),
    ...(repair === null ? {} : { repair: repair.plan }),
  };
  return await ports.clusters.addPlan(plan, claim);
}

/** True when the plan is word for word the one that was stored. */
export const isUnchanged = (plan: Plan): boolean => planHash(plan.specRevision, plan.stateSerial, plan.rows, sha256) === plan.hash;

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Every other cluster counts with its newest revision, which it may come to at any time; this one with what lives of it. */
async function roomFor({ ports, operation, cluster, order }: Run) {
  const capacity = await ports.hypervisor.capacity();
  const wished = await ports.clusters.committed();
  const newest = roomOf(await ports.clusters.spec(cluster.id, cluster.revision));
  const now = cluster.liveRevision === 0 ? nothing : roomOf(await ports.clusters.spec(cluster.id, cluster.liveRevision));
  return judgeRoom({
    host: { vcpus: capacity.cpus, memoryMiB: capacity.memoryMiB, diskGiB: capacity.diskGiB },
    memoryReserveMiB: ports.memoryReserveMiB,
    committed: plus(minus(wished, newest), now),
    now,
    after: operation.planKind === "destroy" ? nothing : roomOf(order.spec),
  });
}

const nothing: Room = { vcpus: 0, memoryMiB: 0, diskGiB: 0 };

const plus = (a: Room, b: Room): Room => ({
  vcpus: a.vcpus + b.vcpus,
  memoryMiB: a.memoryMiB + b.memoryMiB,
  diskGiB: a.diskGiB + b.diskGiB,
});

const minus = (a: Room, b: Room): Room => plus(a, { vcpus: -b.vcpus, memoryMiB: -b.memoryMiB, diskGiB: -b.diskGiB });

const roomOf = (spec: ClusterSpec | null): Room => (spec?.machines ?? []).reduce(plus, nothing);
