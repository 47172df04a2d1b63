/** Rows of the stores, as people see them: with names instead of ids, and with what may be done now. */
import { can, ofTenant } from "#app/domain/access.ts";
import { controlPlaneCertificateState } from "#app/domain/cluster/certificates.ts";
import { type Cluster, hasApi } from "#app/domain/cluster/cluster.ts";
import { totalOf } from "#app/domain/cluster/sizes.ts";
import { amountsOf, type ClusterSpec, controlPlanesOf, kubernetesOf, powerOf, workersOf } from "#app/domain/cluster/spec.ts";
import { kindOf, type OperationKind } from "#app/domain/operation/kinds.ts";
import { canCancel, canResume, type Operation, type OperationState } from "#app/domain/operation/operation.ts";
import { purposeOf } from "#app/domain/operation/purpose.ts";
import type { BlockedOn } from "#app/domain/operation/interruption-status.ts";
import type { QueueLimits, QueuePlace } from "#app/domain/operation/queue.ts";
import type { PlanHead } from "#app/domain/plan/plan.ts";
import { type DriftRecord, openRows } from "#app/domain/drift/drift.ts";
import { controlPlaneFacts } from "#app/domain/drift/record.ts";
import { notFound } from "#app/domain/problem.ts";
import type { Actor } from "#app/domain/tenant.ts";
import type { SpecRef } from "#app/ports/cluster-lists.ts";
import type { DriftStore } from "#app/ports/drift-store.ts";
import type { OperationStore } from "#app/ports/operation-store.ts";
import type { PeopleStore } from "#app/ports/people-store.ts";
import { type DraftSettings, expiryOf } from "./clusters/drafts.ts";
import { type Lookup, lookup, once } from "./clusters/lookup.ts";
import type { ClusterSummary, OperationSummary } from "./portal.ts";
import type { ClusterSize } from "./hosts/portal-capacity.ts";
import { type TurnDeps, turnReader } from "./run/blocked-on.ts";

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

/** What rows of a page show of other objects, and the queue: each looked up once per request. */
export interface Names {
  queue(): Promise<readonly QueuePlace[]>;
  tenant(id: string): Promise<string>;
  cluster(id: string): Promise<string>;
  /** The plan that an operation executes, or that it made. */
  plan(o: Operation): Promise<PlanHead | null>;
  /** Median of seconds that operations like this one took. */
  estimate(o: Operation): Promise<number | null>;
  turn(o: Operation): Promise<BlockedOn>;
}

/** `operations` and `clusters`: those of the list, so that the answers for all of them are one question. */
export function namesFrom(deps: ViewDeps, operations: readonly Operation[] = [], clusters: readonly Cluster[] = []): Names {
  const tenants = lookup(
    [...operations, ...clusters].map((o) => o.tenantId),
    async (ids) => byKey(await deps.people.tenantsWith(ids), (t) => t.id),
  );
  const found = lookup([...operations.map((o) => o.clusterId), ...clusters.map((c) => c.id)], async (ids) =>
    byKey(await deps.clusters.several(ids), (c) => c.id),
  );
  let queue: Promise<readonly QueuePlace[]> | undefined;
  return {
    queue: () => {
      queue ??= deps.operations.queue(deps.queueLimits());
      return queue;
    },
    tenant: async (id) => (await tenants(id))?.slug ?? id,
    plan: planReader(deps, operations),
    cluster: async (id) => (await found(id))?.name ?? id,
    ...estimates(deps, operations, found),
  };
}

const byKey = <T>(values: readonly T[], keyOf: (value: T) => string): ReadonlyMap<string, T> =>
  new Map(values.map((value) => [keyOf(value), value]));

const specKey = (clusterId: string, revision: number): string => `${clusterId}/${revision}`;

function refOf(key: string): SpecRef {
  const [clusterId = "", revision] = key.split("/");
  return { clusterId, revision: Number(revision) };
}

/** Only operations that are not over have an estimate or a turn. */
function estimates(deps: ViewDeps, operations: readonly Operation[], cluster: Lookup<Cluster>): Pick<Names, "estimate" | "turn"> {
  const open = operations.filter((o) => unfinished.includes(o.state));
  const specs = lookup(
    open.map((o) => specKey(o.clusterId, o.specRevision)),
    async (keys) => byKey(await deps.clusters.specs(keys.map(refOf)), (s) => specKey(s.clusterId, s.revision)),
  );
  const specOf = (o: Operation) => specs(specKey(o.clusterId, o.specRevision));
  const medians = new Map<string, Promise<number | null>>();
  const turn = turnReader(deps);
  return {
    estimate: async (o) => {
      const spec = await specOf(o);
      if (spec === undefined) return null;
      const { liveRevision = 0 } = (await cluster(o.clusterId)) ?? {};
      return await once(medians, `${o.kind} ${spec.machines.length} ${liveRevision === 0}`, () =>
        estimateFor(deps, o.kind, spec, liveRevision),
      );
    },
    turn: async (o) => turn(o, await specOf(o)),
  };
}

async function summaryOf(names: Names, actor: Actor, o: Operation): Promise<OperationSummary> {
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
    estimateSeconds: unfinished.includes(o.state) ? await names.estimate(o) : null,
    queue: o.state === "queued" ? await placeIn(names, o.id) : null,
    turn: o.state === "interrupted" ? await names.turn(o) : null,
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
    // An attempt of a preview that was cut off may have stored a plan before the newest one.
    const own = heads?.filter((p) => (o.planId === null ? p.operationId === o.id : p.id === o.planId)) ?? [];
    return own.toSorted((a, b) => b.number - a.number).at(0) ?? null;
  };
}

const hasPlan = (o: Operation): boolean => o.planId !== null || (!kindOf(o).needsPlan && o.state === "succeeded");

const planHeadsOf = (deps: ViewDeps, operations: readonly Operation[]): Promise<readonly PlanHead[]> =>
  deps.clusters.planHeadsOf({
    ids: operations.flatMap((o) => (o.planId === null ? [] : [o.planId])),
    operationIds: operations.flatMap((o) => (o.planId === null ? [o.id] : [])),
  });

/** Seconds that operations like this one took; a change of a living cluster is not like the making of one. */
export async function estimateFor(
  deps: Pick<ViewDeps, "operations">,
  kind: OperationKind,
  { machines }: ClusterSpec,
  liveRevision: number,
): Promise<number | null> {
  const like = { kind, machines: machines.length };
  return median(await deps.operations.durations(kindOf({ kind }).makesRevisionLive ? { ...like, first: liveRevision === 0 } : like));
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

export async function operationSummaries(
  deps: ViewDeps,
  actor: Actor,
  operations: readonly Operation[],
): Promise<readonly OperationSummary[]> {
  const names = namesFrom(deps, operations);
  return Promise.all(operations.map((o) => summaryOf(names, actor, o)));
}

export const operationSummary = (deps: ViewDeps, actor: Actor, o: Operation): Promise<OperationSummary> =>
  summaryOf(namesFrom(deps, [o]), actor, o);

export async function newestSpec(deps: ViewDeps, cluster: Cluster): Promise<ClusterSpec> {
  const spec = await deps.clusters.spec(cluster.id, cluster.revision);
  if (!spec) throw notFound();
  return spec;
}

function sizeOf(spec: ClusterSpec): ClusterSize {
  const { vcpus, memoryMiB, diskGiB } = totalOf(spec.machines.map(amountsOf));
  return { controlPlanes: controlPlanesOf(spec).length, workers: workersOf(spec).length, vcpus, memoryMiB, diskGiB };
}

export async function clusterSummary(deps: ViewDeps, actor: Actor, cluster: Cluster): Promise<ClusterSummary> {
  const [summary] = await clusterSummaries(deps, actor, [cluster]);
  if (!summary) throw notFound();
  return summary;
}

/** The number of questions to the stores does not depend on the number of clusters. */
export async function clusterSummaries(deps: ViewDeps, actor: Actor, clusters: readonly Cluster[]): Promise<readonly ClusterSummary[]> {
  const ids = clusters.map((c) => c.id);
  const specs = byKey(await deps.clusters.specs(clusters.flatMap(shownRevisions)), (s) => specKey(s.clusterId, s.revision));
  const open = await deps.operations.list({ clusterIds: ids, states: unfinished, limit: Math.max(1, ids.length) });
  const current = byKey(open, (o) => o.clusterId);
  const records = await deps.drift.of(clusters.filter((c) => c.liveRevision > 0 && c.state !== "gone").map((c) => c.id));
  const names = namesFrom(deps, open, clusters);
  const summaries = clusters.map(async (cluster): Promise<ClusterSummary | null> => {
    const [spec, operation] = [specs.get(specKey(cluster.id, cluster.revision)), current.get(cluster.id)];
    if (spec === undefined) return null;
    const live = specs.get(specKey(cluster.id, cluster.liveRevision));
    return {
      ...factsOf(cluster, spec),
      ...summaryState(deps, cluster, spec, records.get(cluster.id) ?? null),
      live: live ? sizeOf(live) : null,
      power: live ? powerOf(live) : "on",
      tenant: await names.tenant(cluster.tenantId),
      current: operation ? await summaryOf(names, actor, operation) : null,
    };
  });
  return (await Promise.all(summaries)).filter((summary) => summary !== null);
}

const shownRevisions = ({ id, revision, liveRevision }: Cluster): readonly SpecRef[] =>
  [...new Set([revision, liveRevision])].filter((one) => one > 0).map((one) => ({ clusterId: id, revision: one }));

type SummaryState = Pick<ClusterSummary, "expiresAt" | "differs" | "certificates">;

function summaryState(deps: ViewDeps, cluster: Cluster, spec: ClusterSpec, record: DriftRecord | null): SummaryState {
  return {
    expiresAt: cluster.state === "draft" ? expiryOf(cluster.changedAt, deps.drafts) : null,
    differs: cluster.state === "ready" || cluster.state === "degraded" ? openRows(record, deps.now()).length : 0,
    certificates: hasApi(cluster, spec) ? controlPlaneCertificateState(controlPlaneFacts(record, cluster), deps.now()) : null,
  };
}

function factsOf(cluster: Cluster, spec: ClusterSpec): Omit<ClusterSummary, keyof SummaryState | "live" | "power" | "tenant" | "current"> {
  const { id, name, state, revision, liveRevision, createdAt, readyAt, goneAt } = cluster;
  const { blueprint } = spec;
  const { version: kubernetesVersion } = kubernetesOf(spec);
  return { id, name, state, blueprint, kubernetesVersion, revision, liveRevision, ...sizeOf(spec), createdAt, readyAt, goneAt };
}
