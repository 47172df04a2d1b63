/** Rows of the stores, as people see them: with names instead of ids, and with what may be done now. */
import { can, ofTenant } from "#app/domain/access.ts";
import { controlPlaneStanding } from "#app/domain/cluster/certificates.ts";
import { type Cluster, hasApi } from "#app/domain/cluster/cluster.ts";
import { totalOf } from "#app/domain/cluster/sizes.ts";
import { type ClusterSpec, workersOf } from "#app/domain/cluster/spec.ts";
import { canCancel, canResume, type Operation, type OperationKind, type OperationState } from "#app/domain/operation/operation.ts";
import { purposeOf } from "#app/domain/operation/purpose.ts";
import type { QueueLimits, QueuePlace } from "#app/domain/operation/queue.ts";
import type { PlanHead } from "#app/domain/plan/plan.ts";
import { openRows } from "#app/domain/drift/drift.ts";
import { notFound } from "#app/domain/problem.ts";
import type { Actor } from "#app/domain/tenant.ts";
import type { DriftStore } from "#app/ports/drift-store.ts";
import type { OperationStore } from "#app/ports/operation-store.ts";
import type { PeopleStore } from "#app/ports/people-store.ts";
import { type DraftSettings, expiryOf } from "./drafts.ts";
import type { ClusterSummary, OperationSummary } from "./portal.ts";
import type { ClusterSize } from "./portal-capacity.ts";
import { type TurnDeps, turnIn } from "./turn.ts";

export interface ViewDeps extends TurnDeps {
  readonly people: PeopleStore;
  readonly operations: OperationStore;
  readonly drift: DriftStore;
  readonly now: () => number;
  readonly drafts: DraftSettings;
  /** How many may run now: for what a queued operation waits. */
  readonly queueLimits: () => QueueLimits;
}

/** States in which an operation still holds its cluster. */
export const unfinished: readonly OperationState[] = ["queued", "running", "interrupted"];

/** Names of tenants and clusters, and the queue: each looked up once per request. */
export interface Names {
  queue(): Promise<readonly QueuePlace[]>;
  tenant(id: string): Promise<string>;
  cluster(id: string): Promise<string>;
  /** The plan that an operation executes, or that it made. */
  plan(o: Operation): Promise<PlanHead | null>;
}

/** `operations`: those of the list, so that their plans are one question. */
export function namesFrom(deps: ViewDeps, operations: readonly Operation[] = []): Names {
  const plans = planReader(deps, operations);
  const tenants = new Map<string, Promise<string>>();
  const clusters = new Map<string, Promise<string>>();
  let queue: Promise<readonly QueuePlace[]> | undefined;
  return {
    queue: () => {
      queue ??= deps.operations.queue(deps.queueLimits());
      return queue;
    },
    tenant: (id) => once(tenants, id, async () => (await deps.people.tenant(id))?.slug ?? id),
    plan: plans,
    cluster: (id) => once(clusters, id, async () => (await deps.clusters.get(id))?.name ?? id),
  };
}

function once<T>(kept: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const made = kept.get(key) ?? make();
  kept.set(key, made);
  return made;
}

export async function operationSummary(deps: ViewDeps, names: Names, actor: Actor, o: Operation): Promise<OperationSummary> {
  const owner = ofTenant(o.tenantId);
  const plan = await names.plan(o);
  return {
    id: o.id,
    tenant: await names.tenant(o.tenantId),
    cluster: await names.cluster(o.clusterId),
    kind: o.kind,
    planKind: o.planKind,
    purpose: purposeOf(o, plan),
    state: o.state,
    specRevision: o.specRevision,
    planNumber: plan?.number ?? null,
    requestedBy: o.requestedByName,
    requestedAt: o.requestedAt,
    startedAt: o.startedAt,
    endedAt: o.endedAt,
    cancelRequestedAt: o.cancelRequestedAt,
    attempt: o.attempt,
    failure: o.failure,
    estimateSeconds: unfinished.includes(o.state) ? await estimateOf(deps, o) : null,
    queue: o.state === "queued" ? await placeIn(names, o.id) : null,
    turn: o.state === "interrupted" ? await turnIn(deps, o) : null,
    may: {
      cancel: canCancel(o) && can(actor, "operation.cancel", owner),
      resume: canResume(o) && can(actor, "operation.resume", owner),
    },
  };
}

async function placeIn(names: Names, id: string): Promise<OperationSummary["queue"]> {
  const place = (await names.queue()).find((p) => p.operationId === id);
  return place ? { position: place.position, reason: place.reason } : null;
}

function planReader(deps: ViewDeps, operations: readonly Operation[]): Names["plan"] {
  let listed: Promise<readonly PlanHead[]> | undefined;
  const known = new Set(operations.map((o) => o.id));
  return async (o) => {
    if (!hasPlan(o)) return null;
    if (known.has(o.id)) listed ??= planHeadsOf(deps, operations.filter(hasPlan));
    const heads = known.has(o.id) ? await listed : await planHeadsOf(deps, [o]);
    return heads?.find((p) => (o.planId === null ? p.operationId === o.id : p.id === o.planId)) ?? null;
  };
}

const hasPlan = (o: Operation): boolean => o.planId !== null || (o.kind === "preview" && o.state === "succeeded");

const planHeadsOf = (deps: ViewDeps, operations: readonly Operation[]): Promise<readonly PlanHead[]> =>
  deps.clusters.planHeadsOf({
    ids: operations.flatMap((o) => (o.planId === null ? [] : [o.planId])),
    operationIds: operations.flatMap((o) => (o.planId === null ? [o.id] : [])),
  });

async function estimateOf(deps: ViewDeps, o: Operation): Promise<number | null> {
  const spec = await deps.clusters.spec(o.clusterId, o.specRevision);
  return spec && estimateFor(deps, o.kind, spec, (await deps.clusters.get(o.clusterId))?.liveRevision ?? 0);
}

/** Seconds that operations like this one took; a change of a living cluster is not like the making of one. */
export async function estimateFor(deps: Pick<ViewDeps, "operations">, kind: OperationKind, { machines }: ClusterSpec, liveRevision: number): Promise<number | null> {
  const like = { kind, machines: machines.length };
  return median(await deps.operations.durations(kind === "update" ? { ...like, first: liveRevision === 0 } : like));
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

export async function operationSummaries(deps: ViewDeps, actor: Actor, operations: readonly Operation[]): Promise<readonly OperationSummary[]> {
  const names = namesFrom(deps, operations);
  return Promise.all(operations.map((o) => operationSummary(deps, names, actor, o)));
}

export async function newestSpec(deps: ViewDeps, cluster: Cluster): Promise<ClusterSpec> {
  const spec = await deps.clusters.spec(cluster.id, cluster.revision);
  if (!spec) throw notFound();
  return spec;
}

function sizeOf(spec: ClusterSpec): ClusterSize {
  const { vcpus, memoryMiB, diskGiB } = totalOf(spec.machines);
  return { workers: workersOf(spec).length, vcpus, memoryMiB, diskGiB };
}

async function liveSize(deps: ViewDeps, { id, revision, liveRevision }: Cluster, newest: ClusterSpec): Promise<ClusterSize | null> {
  if (liveRevision === 0) return null;
  const live = liveRevision === revision ? newest : await deps.clusters.spec(id, liveRevision);
  return live && sizeOf(live);
}

export async function clusterSummary(deps: ViewDeps, names: Names, actor: Actor, cluster: Cluster): Promise<ClusterSummary> {
  const spec = await newestSpec(deps, cluster);
  const [current] = await deps.operations.list({ clusterId: cluster.id, states: unfinished, limit: 1 });
  const record = cluster.liveRevision > 0 && cluster.state !== "gone" ? await deps.drift.get(cluster.id) : null;
  return {
    id: cluster.id,
    tenant: await names.tenant(cluster.tenantId),
    name: cluster.name,
    state: cluster.state,
    blueprint: spec.blueprint,
    kubernetesVersion: spec.kubernetesVersion,
    revision: cluster.revision,
    liveRevision: cluster.liveRevision,
    ...sizeOf(spec),
    live: await liveSize(deps, cluster, spec),
    createdAt: cluster.createdAt,
    readyAt: cluster.readyAt,
    goneAt: cluster.goneAt,
    expiresAt: cluster.state === "draft" ? expiryOf(cluster.changedAt, deps.drafts) : null,
    current: current ? await operationSummary(deps, names, actor, current) : null,
    differs: cluster.state === "ready" || cluster.state === "degraded" ? openRows(record, deps.now()).length : 0,
    certificates: hasApi(cluster, spec) ? controlPlaneStanding({ readEnd: record?.certificateEndsAt ?? null, createdAt: cluster.createdAt }, deps.now()) : null,
  };
}
