/** Plans: looking at one, and approving exactly the one that was looked at. */
import { can, ofTenant } from "#app/domain/access.ts";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import { keepsQuorum } from "#app/domain/control-plane/control-planes.ts";
import { specChanges } from "#app/domain/cluster/spec-changes.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import { capacityOf } from "#app/domain/power/taken-capacity.ts";
import { planKindOf } from "#app/domain/operation/kinds.ts";
import type { HostId } from "#app/domain/host/libvirt-host.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import { judgeCapacity, noCapacity } from "#app/domain/plan/headroom.ts";
import type { Plan, Refusal } from "#app/domain/plan/plan.ts";
import { changesNothing, losesData } from "#app/domain/plan/rows.ts";
import { staleness } from "#app/domain/plan/staleness.ts";
import { type Moved, notFound, Problem } from "#app/domain/problem.ts";
import type { Actor } from "#app/domain/tenant.ts";
import { findCluster } from "#app/services/access/authorized-lookup.ts";
import type { ClusterRef, OperationSummary, PlanServices, PlanView } from "#app/services/portal.ts";
import type { CapacityLeft } from "#app/services/hosts/portal-capacity.ts";
import { limitOf } from "#app/services/hosts/host-capacity.ts";
import type { KeyedRequest } from "#app/services/idempotent-requests.ts";
import { submit, type SubmitDeps } from "#app/services/operations/submit.ts";
import { clusterSummary, estimateFor, operationSummary, type ViewDeps } from "#app/services/views.ts";

export interface PlanDeps extends ViewDeps, SubmitDeps {
  readonly capacityOf: (actor: Actor, hostId: HostId) => Promise<CapacityLeft>;
}

type Approval = Parameters<PlanServices["approve"]>[3];

export function createPlans(deps: PlanDeps): PlanServices {
  return {
    get: (actor, ref, number) => view(deps, actor, ref, number),
    approve: (actor, ref, number, by, keyed) => approve(deps, actor, ref, number, by, keyed),
  };
}

interface Found {
  readonly cluster: Cluster;
  readonly plan: Plan;
  readonly spec: ClusterSpec;
}

async function find(deps: PlanDeps, actor: Actor, ref: ClusterRef, number: number, verb: "plan.read" | "plan.approve"): Promise<Found> {
  const { cluster } = await findCluster(deps, actor, ref, verb);
  const plan = await deps.clusters.planNumbered(cluster.id, number);
  const spec = plan && (await deps.clusters.spec(cluster.id, plan.specRevision));
  if (!plan || !spec) throw notFound();
  return { cluster, plan, spec };
}

async function view(deps: PlanDeps, actor: Actor, ref: ClusterRef, number: number): Promise<PlanView> {
  const found = await find(deps, actor, ref, number, "plan.read");
  const { cluster, plan, spec } = found;
  const summary = await clusterSummary(deps, actor, cluster);
  const moved = await whatMoved(deps, found);
  const operation = await executionOf(deps, plan);
  const before = plan.fromRevision === 0 ? null : await deps.clusters.spec(cluster.id, plan.fromRevision);
  const capacity = await deps.capacityOf(actor, cluster.hostId);
  const refusals = operation === null ? refusalsNow(found, capacity) : [];
  return {
    plan,
    cluster: summary,
    refusals,
    heldBy: refusals.length === 0 ? null : capacity.heldBy,
    moved,
    specChanges: planKindOf(plan).makesRevisionLive ? specChanges(before, spec) : [],
    // An estimate that has its own run in it would be no estimate.
    estimateSeconds: operation !== null || changesNothing(plan.rows) ? null : await estimateFor(deps, plan.kind, spec, plan.fromRevision),
    losesData: losesData(plan.rows),
    nameNeeded: nameNeeded(found),
    mayApprove:
      operation === null &&
      moved.length === 0 &&
      refusals.length === 0 &&
      summary.current === null &&
      can(actor, "plan.approve", ofTenant(plan.tenantId)),
    mayPreview: planKindOf(plan).plannedIn.includes(cluster.state) && can(actor, "cluster.preview", ofTenant(plan.tenantId)),
    operation: operation && (await operationSummary(deps, actor, operation)),
    discarded: cluster.state === "gone" && (await deps.clusters.receipt(cluster.id)) === null,
    mayEdit:
      summary.current === null &&
      cluster.state !== "gone" &&
      cluster.state !== "destroying" &&
      can(actor, "cluster.edit", ofTenant(plan.tenantId)),
  };
}

/** What was found when the plan was made stays; what fitted then may not fit any more. */
function refusalsNow({ cluster, plan, spec }: Found, capacity: CapacityLeft): readonly Refusal[] {
  const limit = limitOf(capacity);
  if (plan.refusals.length > 0 || !planKindOf(plan).reservesCapacity || limit === null) return plan.refusals;
  const reserved = { vcpus: capacity.vcpus.committed, memoryMiB: capacity.memoryMiB.committed, diskGiB: capacity.diskGiB.committed };
  return judgeCapacity({ limit, reserved, now: cluster.reserved ?? noCapacity, after: capacityOf(spec) }).refusals;
}

/** One code for each thing that is not as it was when the plan was made; empty: it is still valid. */
async function whatMoved(deps: PlanDeps, { cluster, plan }: Found): Promise<readonly Moved[]> {
  if (cluster.state === "gone") return ["gone"];
  const { revision, liveRevision } = cluster;
  const moved = staleness(plan, { revision, liveRevision, stateSerial: await deps.clusters.stateSerial(cluster.id) });
  const network: readonly Moved[] = cluster.reserved === null && (await deps.clusters.networkIsTaken(cluster.id)) ? ["network"] : [];
  return [...new Set(moved.map(({ what }) => (what === "state" ? "state" : "revision"))), ...network];
}

/** The operation that was queued with this plan, if any. */
async function executionOf(deps: PlanDeps, plan: Plan): Promise<Operation | null> {
  const [newest] = await deps.operations.list({ clusterId: plan.clusterId, planIds: [plan.id], limit: 1 });
  return newest ?? null;
}

function nameNeeded({ plan, spec }: Found): boolean {
  if (planKindOf(plan).removesCluster) return true;
  const lost = plan.rows.flatMap((r) => (r.impact === "replace" && r.machine !== null ? [r.machine] : []));
  return !keepsQuorum(spec, lost);
}

async function approve(
  deps: PlanDeps,
  actor: Actor,
  ref: ClusterRef,
  number: number,
  by: Approval,
  keyed: KeyedRequest | null,
): Promise<OperationSummary> {
  const found = await find(deps, actor, ref, number, "plan.approve");
  const operation = (await executionOf(deps, found.plan)) ?? (await executeOnce(deps, actor, found, by, keyed));
  // Approving twice is approving once: the second answer is the operation that the first one queued.
  return operationSummary(deps, actor, operation);
}

/** Another approval may come in between: it makes the cluster busy, or the plan stale, and has done what was wanted. */
async function executeOnce(deps: PlanDeps, actor: Actor, found: Found, by: Approval, keyed: KeyedRequest | null): Promise<Operation> {
  try {
    return await execute(deps, actor, found, by, keyed);
  } catch (error) {
    const other = error instanceof Problem ? await executionOf(deps, found.plan) : null;
    if (other !== null) return other;
    throw error;
  }
}

async function execute(deps: PlanDeps, actor: Actor, found: Found, by: Approval, keyed: KeyedRequest | null): Promise<Operation> {
  const { plan, cluster } = found;
  if (by.hash !== plan.hash) throw new Problem({ code: "plan-stale", moved: ["plan"] });
  const moved = await whatMoved(deps, found);
  if (moved.length > 0) throw new Problem({ code: "plan-stale", moved });
  if (plan.refusals.length > 0) throw new Problem({ code: "plan-refused", refusals: plan.refusals });
  if (nameNeeded(found) && by.typedName !== cluster.name) throw new Problem({ code: "name-mismatch", expected: cluster.name });
  const request = {
    kind: plan.kind,
    planKind: plan.kind,
    specRevision: plan.specRevision,
    planId: plan.id,
    drift: null,
    idempotencyKey: keyed?.id ?? null,
  };
  return submit(deps, actor, cluster, request, limitOf(await deps.capacityOf(actor, cluster.hostId)));
}
