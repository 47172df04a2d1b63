/** Drift as people see it and decide about it: repair by a plan, adopt into the spec, or ignore for a while. */
import { can, ofTenant } from "#app/domain/access.ts";
import { sameSpec } from "#app/domain/cluster/spec-changes.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import { blockerOf, type Cluster } from "#app/domain/cluster/cluster.ts";
import { type DriftRecord, type DriftRow, isAboutCertificates, isOpen, noRecord } from "#app/domain/drift/drift.ts";
import { ignoreRow, requestCheck } from "#app/domain/drift/record.ts";
import { adoptedChange } from "#app/domain/drift/repair.ts";
import { nextCheck } from "#app/domain/drift/schedule.ts";
import { type DriftRequest, sortedIds } from "#app/domain/drift/drift-request.ts";
import { notFound, Problem } from "#app/domain/problem.ts";
import type { Actor } from "#app/domain/tenant.ts";
import { RevisionConflict } from "#app/ports/cluster-store.ts";
import type { DriftStore } from "#app/ports/drift-store.ts";
import { canDiffer } from "./drift-check.ts";
import { writeRenewal } from "#app/services/clusters/certificates.ts";
import { demandIdle } from "#app/services/clusters/demand-idle.ts";
import { allow, findCluster } from "#app/services/access/authorized-lookup.ts";
import { isStale, lastChange } from "#app/services/clusters/last-change.ts";
import type { ClusterRef, OperationSummary } from "#app/services/portal.ts";
import type { DriftRights, DriftServices, DriftView } from "./portal-drift.ts";
import { nextRevision, type SpecDeps } from "#app/services/clusters/specs.ts";
import type { KeyedRequest } from "#app/services/idempotent-requests.ts";
import { demandPreviewPossible, submit, type SubmitDeps } from "#app/services/operations/submit.ts";
import { clusterSummary, operationSummary, type ViewDeps } from "#app/services/views.ts";

export interface DriftDeps extends ViewDeps, SubmitDeps, SpecDeps {
  readonly drift: DriftStore;
  readonly now: () => number;
  /** Minutes between scheduled checks; 0: only when asked. */
  readonly driftMinutes: number;
}

const day = 86_400_000;

export function createDrift(deps: DriftDeps): DriftServices {
  return {
    get: async (actor, ref) => view(deps, actor, (await findCluster(deps, actor, ref, "cluster.read")).cluster),
    check: (actor, ref) => check(deps, actor, ref),
    repair: (actor, ref, ids, keyed) => repair(deps, actor, ref, ids, keyed),
    adopt: (actor, ref, id, keyed) => adopt(deps, actor, ref, id, keyed),
    ignore: (actor, ref, id, days) => ignore(deps, actor, ref, id, days),
  };
}

async function view(deps: DriftDeps, actor: Actor, cluster: Cluster): Promise<DriftView> {
  const record = (await deps.drift.get(cluster.id)) ?? noRecord;
  const now = deps.now();
  const lastEnd = await lastChange(deps.operations, cluster.id);
  const stale = isStale(cluster, record, lastEnd);
  const summary = await clusterSummary(deps, actor, cluster);
  return {
    cluster: summary,
    at: record.at,
    revision: record.revision,
    sources: record.sources,
    trouble: record.trouble,
    looking: record.wantedAt !== null || (record.lookingUntil ?? 0) > now,
    stale,
    nextAt: canDiffer(cluster) ? nextCheck({ clusterId: cluster.id, record, lastEnd }, deps.driftMinutes) : null,
    everyMinutes: deps.driftMinutes,
    rows: canDiffer(cluster) ? record.rows.map((r) => ({ ...r, open: isOpen(r, now) })) : [],
    may: rightsOf(actor, cluster, { busy: summary.current !== null, stale }),
  };
}

function rightsOf(actor: Actor, cluster: Cluster, { busy, stale }: { readonly busy: boolean; readonly stale: boolean }): DriftRights {
  const owner = ofTenant(cluster.tenantId);
  const alive = canDiffer(cluster);
  // A spec that is written and not alive says something else already: it comes first.
  const level = cluster.revision === cluster.liveRevision;
  return {
    look: alive && can(actor, "cluster.preview", owner),
    repair: alive && !busy && can(actor, "cluster.preview", owner),
    adopt: alive && !busy && !stale && level && can(actor, "cluster.edit", owner),
    ignore: alive && can(actor, "cluster.edit", owner),
  };
}

/** Whether there is anything to look at. */
function demandLiving(cluster: Cluster, verb: string): void {
  if (!canDiffer(cluster)) throw new Problem({ code: "wrong-state", verb, state: blockerOf(cluster) });
}

async function check(deps: DriftDeps, actor: Actor, ref: ClusterRef): Promise<DriftView> {
  const { cluster } = await findCluster(deps, actor, ref, "cluster.preview");
  demandLiving(cluster, "cluster.preview");
  await deps.drift.change(cluster.id, (record) => requestCheck(record, deps.now()));
  return view(deps, actor, cluster);
}

const open = (record: DriftRecord, now: number): readonly DriftRow[] => record.rows.filter((r) => isOpen(r, now));

/** `ids` null: all that are open and can be repaired. */
async function repair(
  deps: DriftDeps,
  actor: Actor,
  ref: ClusterRef,
  ids: readonly string[] | null,
  keyed: KeyedRequest | null,
): Promise<OperationSummary> {
  const { cluster } = await findCluster(deps, actor, ref, "cluster.preview");
  const earlier = await queuedBefore(deps, actor, keyed);
  if (earlier) return earlier;
  demandLiving(cluster, "cluster.preview");
  const record = (await deps.drift.get(cluster.id)) ?? noRecord;
  const rows = (ids === null ? open(record, deps.now()) : record.rows.filter((r) => ids.includes(r.id))).filter((r) => r.repair === "plan");
  if (rows.length === 0) throw ids === null ? new Problem({ code: "nothing-changed" }) : notFound();
  const revised = rows.some((r) => isAboutCertificates(r.kind)) ? await renewed(deps, actor, cluster) : cluster;
  return await preview(deps, actor, revised, { wish: "repair", ids: sortedIds(ids ?? rows.map((r) => r.id)), all: ids === null }, keyed);
}

/** Certificates are renewed by a revision, like any other change. */
async function renewed(deps: DriftDeps, actor: Actor, cluster: Cluster): Promise<Cluster> {
  allow(actor, "cluster.edit", ofTenant(cluster.tenantId));
  return await writeRenewal(deps, cluster);
}

/** What an earlier attempt of the same request queued, whatever the checks since have found. */
async function queuedBefore(deps: DriftDeps, actor: Actor, keyed: KeyedRequest | null): Promise<OperationSummary | null> {
  const earlier = keyed === null ? null : await deps.operations.byKey(actor.personId, keyed.id);
  return earlier && (await operationSummary(deps, actor, earlier));
}

async function preview(
  deps: DriftDeps,
  actor: Actor,
  cluster: Cluster,
  drift: DriftRequest,
  keyed: KeyedRequest | null,
): Promise<OperationSummary> {
  const operation = await submit(deps, actor, cluster, {
    kind: "preview",
    planKind: "update",
    specRevision: cluster.revision,
    planId: null,
    drift,
    idempotencyKey: keyed?.id ?? null,
  });
  return await operationSummary(deps, actor, operation);
}

async function adopt(deps: DriftDeps, actor: Actor, ref: ClusterRef, id: string, keyed: KeyedRequest | null): Promise<OperationSummary> {
  const { cluster } = await findCluster(deps, actor, ref, "cluster.edit");
  const earlier = await queuedBefore(deps, actor, keyed);
  if (earlier) return earlier;
  demandLiving(cluster, "cluster.edit");
  const { row, live } = await adoptable(deps, cluster, id);
  const change = adoptedChange(live, row);
  if (!change) throw notFound();
  const { spec } = await nextRevision(deps, cluster, live, change);
  if (sameSpec(live, spec)) throw new Problem({ code: "nothing-changed" });
  await demandPreviewPossible(deps, cluster.tenantId);
  await write(deps, cluster, spec);
  return await preview(deps, actor, { ...cluster, revision: spec.revision }, { wish: "adopt", id, found: row.found }, keyed);
}

/** A row is a word about the spec that was alive then: of another one, it would change what nobody looked at. */
async function adoptable(deps: DriftDeps, cluster: Cluster, id: string): Promise<{ readonly row: DriftRow; readonly live: ClusterSpec }> {
  const record = (await deps.drift.get(cluster.id)) ?? noRecord;
  const row = record.rows.find((r) => r.id === id);
  const live = await deps.clusters.spec(cluster.id, cluster.liveRevision);
  if (!row || !live) throw notFound();
  const known = live.machines.some((m) => m.name === row.machine);
  if (isStale(cluster, record, await lastChange(deps.operations, cluster.id)) || (row.adopt && !known))
    throw new Problem({ code: "drift-stale" });
  return { row, live };
}

/** A repeated request finds the revision that it wrote; any other revision that is not alive comes first. */
async function write(deps: DriftDeps, cluster: Cluster, spec: ClusterSpec): Promise<void> {
  if (cluster.revision === cluster.liveRevision) {
    await demandIdle(deps, cluster);
    return await deps.clusters.addRevision(spec, deps.now()).catch(refuseRace);
  }
  const newest = await deps.clusters.spec(cluster.id, cluster.revision);
  if (!newest || !sameSpec(newest, spec)) throw new Problem({ code: "wrong-state", verb: "cluster.edit", state: "newer-revision" });
}

/** Of two who adopt at once, one does. */
function refuseRace(error: unknown): never {
  if (error instanceof RevisionConflict) throw new Problem({ code: "drift-stale" });
  throw error;
}

/** `days` 0: show it again. */
async function ignore(deps: DriftDeps, actor: Actor, ref: ClusterRef, id: string, days: number): Promise<DriftView> {
  const { cluster } = await findCluster(deps, actor, ref, "cluster.edit");
  const known = (await deps.drift.get(cluster.id))?.rows.some((r) => r.id === id);
  if (!known) throw notFound();
  await deps.drift.change(cluster.id, (record) => ignoreRow(record, id, days === 0 ? null : deps.now() + days * day, actor.name));
  return view(deps, actor, cluster);
}
