/** Clusters as people make, change and look at them. */
import { setTimeout as sleep } from "node:timers/promises";
import { blockerOf, type Cluster } from "#app/domain/cluster/cluster.ts";
import { planKindOf, type PlanKind } from "#app/domain/operation/kinds.ts";
import { neededBy } from "#app/domain/cluster/build-spec.ts";
import { sameSpec, specChanges } from "#app/domain/cluster/spec-changes.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import { type LibvirtHost, networksOf } from "#app/domain/host/libvirt-host.ts";
import type { Capacity } from "#app/domain/plan/headroom.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import { type Blocker, invalidField, notFound, Problem, problemOf } from "#app/domain/problem.ts";
import { clusterReservation } from "#app/domain/reserved-names.ts";
import type { Actor, Tenant } from "#app/domain/tenant.ts";
import { NameTaken, RangeExhausted, RevisionConflict, TooManyDrafts } from "#app/ports/cluster-store.ts";
import type { SecretMaker } from "#app/ports/secret-maker.ts";
import { type AccessDeps, kubeconfigOf } from "./cluster-access.ts";
import { writeRenewal } from "./certificates.ts";
import { writePower, writePowerHours } from "./power.ts";
import { type ClusterViewDeps, clusterPageView, clusterView } from "./cluster-view.ts";
import { type FormDeps, editForm, newForm } from "./cluster-form-view.ts";
import { demandIdle } from "./demand-idle.ts";
import { findEdited } from "./find-edited.ts";
import { findCluster, findTenant } from "#app/services/access/authorized-lookup.ts";
import type {
  ClusterRef,
  ClusterRequest,
  ClusterServices,
  ClusterSummary,
  CreatedCluster,
  GeneratedKey,
  OperationSummary,
  RevisionView,
} from "#app/services/portal.ts";
import { discardDraft, type DraftSettings } from "./drafts.ts";
import { withFreeNetwork } from "./free-network.ts";
import { clusterPage } from "#app/services/pages.ts";
import { oneAtATime } from "#app/services/one-at-a-time.ts";
import { receiptFor } from "#app/services/operations/receipt-view.ts";
import type { KeyedRequest } from "#app/services/idempotent-requests.ts";
import { firstRevision, type NextRevision, type Prepared, prepare, revisionFor, type SpecDeps, sshKeyFor } from "./specs.ts";
import { demandPreviewPossible, submit, type SubmitDeps } from "#app/services/operations/submit.ts";
import { withWholeKeys } from "#app/services/storage/key-reconciliation.ts";
import { clusterSummary, newestSpec, operationSummary, unfinished } from "#app/services/views.ts";

export interface ClusterDeps extends ClusterViewDeps, FormDeps, SpecDeps, AccessDeps, SubmitDeps {
  readonly secrets: SecretMaker;
  readonly placeCluster: (needed: Capacity) => Promise<LibvirtHost>;
  readonly drafts: DraftSettings;
}

export function createClusters(deps: ClusterDeps): ClusterServices {
  const inTurn = oneAtATime();
  return {
    list: (actor, query) => clusterPage(deps, actor, query),
    newForm: async (actor, tenant, name) => newForm(deps, actor, await findTenant(deps, actor, tenant, "cluster.create"), name),
    create: (actor, tenant, request, keyed) => inTurn(`${tenant}/${request.name}`, () => create(deps, actor, tenant, request, keyed)),
    get: async (actor, ref, history) => clusterView(deps, actor, await findCluster(deps, actor, ref, "cluster.read"), history),
    page: async (actor, ref, history) => clusterPageView(deps, actor, await findCluster(deps, actor, ref, "cluster.read"), history),
    editForm: async (actor, ref, name) => editForm(deps, actor, await findEdited(deps, actor, ref, name), name),
    edit: (actor, ref, request, keyed, basedOn) =>
      inTurn(`${ref.tenant}/${ref.cluster}`, () => edit(deps, actor, ref, { request, keyed, basedOn: basedOn ?? null })),
    preview: (actor, ref, kind, keyed) => preview(deps, actor, ref, kind, keyed),
    renewCertificates: (actor, ref, keyed) =>
      inTurn(`${ref.tenant}/${ref.cluster}`, () => revisedBy(deps, actor, ref, keyed, (cluster) => writeRenewal(deps, cluster))),
    setPower: (actor, ref, power, keyed) =>
      inTurn(`${ref.tenant}/${ref.cluster}`, () => revisedBy(deps, actor, ref, keyed, (cluster) => writePower(deps, cluster, power))),
    setPowerHours: (actor, ref, hours, keyed) =>
      inTurn(`${ref.tenant}/${ref.cluster}`, () =>
        revisedBy(deps, actor, ref, keyed, (cluster) => writePowerHours(deps, cluster, hours, actor.personId)),
      ),
    discard: (actor, ref) => inTurn(`${ref.tenant}/${ref.cluster}`, () => discard(deps, actor, ref)),
    revision: (actor, ref, revision) => revisionView(deps, actor, ref, revision),
    kubeconfig: async (actor, ref, use) => kubeconfigOf(deps, actor, await findCluster(deps, actor, ref, "cluster.kubeconfig"), use),
    receipt: (actor, ref) => receipt(deps, actor, ref),
  };
}

const summary = (deps: ClusterDeps, actor: Actor, cluster: Cluster): Promise<ClusterSummary> => clusterSummary(deps, actor, cluster);

async function create(
  deps: ClusterDeps,
  actor: Actor,
  slug: string,
  request: ClusterRequest,
  keyed: KeyedRequest | null,
): Promise<CreatedCluster> {
  const tenant = await findTenant(deps, actor, slug, "cluster.create");
  const id = keyed?.id ?? deps.secrets.id();
  const before = keyed === null ? null : await deps.clusters.get(id);
  if (before) return finishCreate(deps, actor, tenant, before, request, keyed);
  try {
    await demandFreeName(deps, tenant, request.name);
    await demandPreviewPossible(deps, tenant.id);
    const prepared = await prepare(deps, tenant, request, keyed);
    const cluster = await store(deps, tenant, id, prepared);
    return await created(deps, actor, cluster, prepared.generatedKey, await firstPreview(deps, actor, cluster, keyed));
  } catch (error) {
    // Another attempt of the same request may be ahead of this one.
    const twin = problemOf(error)?.code === "name-taken" ? await withSecrets(deps, tenant, id) : null;
    if (twin === null) throw error;
    return finishCreate(deps, actor, tenant, twin, request, keyed);
  }
}

/**
 * A refused request leaves no draft behind: the private key that was made for it is in no answer. A draft that something
 * else was queued for meanwhile stays, and so does the request, which is completed by its next attempt.
 */
async function firstPreview(deps: ClusterDeps, actor: Actor, cluster: Cluster, keyed: KeyedRequest | null): Promise<OperationSummary> {
  try {
    return await submitPreview(deps, actor, cluster, "update", keyed);
  } catch (error) {
    const refused = problemOf(error)?.code;
    if ((refused === "too-many-previews" || refused === "not-ready") && (await discardDraft(deps, cluster.id))) throw error;
    keyed?.markWritten();
    throw error;
  }
}

const tries = 100;
const pauseMs = 50;

/** The cluster of this id, once whoever makes it has kept its secrets as well; null when there is none. */
async function withSecrets(deps: ClusterDeps, tenant: Tenant, id: string): Promise<Cluster | null> {
  const cluster = await deps.clusters.get(id);
  for (let attempt = 0; cluster !== null && attempt < tries && (await deps.secretStore.clusterSecrets(tenant.id, id)) === null; attempt++) {
    await sleep(pauseMs);
  }
  return cluster;
}

/** An earlier attempt of the request wrote the cluster: what is missing of the rest is done now. */
async function finishCreate(
  deps: ClusterDeps,
  actor: Actor,
  tenant: Tenant,
  cluster: Cluster,
  request: ClusterRequest,
  keyed: KeyedRequest | null,
): Promise<CreatedCluster> {
  const generatedKey = await keptKey(deps, tenant, cluster, request, keyed);
  const earlier = await queuedBefore(deps, actor, keyed);
  const operation = earlier ? await operationSummary(deps, actor, earlier) : await submitPreview(deps, actor, cluster, "update", keyed);
  return created(deps, actor, cluster, generatedKey, operation);
}

/** Problem `secret-expired` when the key pair of the first attempt is not kept any more. */
async function keptKey(
  deps: ClusterDeps,
  tenant: Tenant,
  cluster: Cluster,
  request: ClusterRequest,
  keyed: KeyedRequest | null,
): Promise<GeneratedKey | null> {
  const { generatedKey } = await sshKeyFor(deps.keyMaker, tenant, request, keyed);
  const admitted = generatedKey === null || (await deps.clusters.spec(cluster.id, 1))?.authorizedKeys.includes(generatedKey.publicKey);
  if (!admitted) throw new Problem({ code: "secret-expired" });
  return generatedKey;
}

/** Asked before keys are made, which takes longer; the store decides for good. */
async function demandFreeName(deps: ClusterDeps, tenant: Tenant, name: string): Promise<void> {
  const reservation = clusterReservation(name);
  if (reservation) throw invalidField("name", `reserved.${reservation}`, { value: name });
  const living = await deps.clusters.byName(tenant.id, name);
  if (living && living.state !== "gone") throw new Problem({ code: "name-taken", name });
}

async function store(deps: ClusterDeps, tenant: Tenant, id: string, prepared: Prepared): Promise<Cluster> {
  const host = await deps.placeCluster(neededBy(prepared.blueprint, prepared.input, deps.serviceKinds));
  const { toSpec, secrets } = await firstRevision(deps, tenant, id, host, prepared);
  const { name } = prepared.input;
  const draft = {
    id,
    tenantId: tenant.id,
    name,
    hostId: host.id,
    createdAt: deps.now(),
    indexLimit: networksOf(host),
    maxDrafts: deps.drafts.maxPerTenant,
  };
  const cluster = await deps.clusters.create(draft, toSpec).catch((error: unknown) => refuseDraft(error, name, deps.drafts));
  // Another portal that was asked the same may have kept its own already: then those are the cluster's.
  await deps.secretStore.keepClusterSecrets(tenant.id, id, secrets);
  return cluster;
}

function refuseDraft(error: unknown, name: string, drafts: DraftSettings): never {
  if (error instanceof NameTaken) throw new Problem({ code: "name-taken", name });
  if (error instanceof TooManyDrafts) throw new Problem({ code: "too-many-drafts", limit: drafts.maxPerTenant, days: drafts.days });
  if (error instanceof RangeExhausted) throw new Problem({ code: "range-exhausted" });
  throw error;
}

async function created(
  deps: ClusterDeps,
  actor: Actor,
  cluster: Cluster,
  generatedKey: GeneratedKey | null,
  operation: OperationSummary,
): Promise<CreatedCluster> {
  const current = (await deps.clusters.get(cluster.id)) ?? cluster;
  return { cluster: await summary(deps, actor, current), operation, generatedKey };
}

interface Edit {
  readonly request: ClusterRequest;
  readonly keyed: KeyedRequest | null;
  /** The revision that the person looked at; null: whatever is newest. */
  readonly basedOn: number | null;
}

async function edit(deps: ClusterDeps, actor: Actor, ref: ClusterRef, { request, keyed, basedOn }: Edit): Promise<CreatedCluster> {
  const { tenant, cluster: seen } = await findEdited(deps, actor, ref, request.name);
  const earlier = await queuedBefore(deps, actor, keyed);
  if (earlier) return created(deps, actor, seen, null, await operationSummary(deps, actor, earlier));
  demandState(seen, "cluster.edit", (state) => state !== "gone" && state !== "destroying");
  const cluster = await whole(deps, seen);
  const previous = await newestSpec(deps, cluster);
  if (cluster.state === "draft") await demandIdle(deps, cluster);
  if (request.name !== seen.name) await demandFreeName(deps, tenant, request.name);
  const next = await revisionFor(deps, { tenant, cluster, previous, request, keyed });
  if (!sameSpec(previous, next.spec))
    await write(deps, { cluster, previous, next, basedOn: basedOn === seen.revision ? cluster.revision : basedOn, keyed });
  // An earlier attempt may have ended after its revision and before its operation.
  else if (keyed?.resumed !== true) throw new Problem({ code: "nothing-changed" });
  const revised = (await deps.clusters.get(cluster.id)) ?? cluster;
  return created(deps, actor, revised, next.generatedKey, await submitPreview(deps, actor, revised, "update", keyed));
}

/** A preview under way reads keys and revision: they stay as they are until it is over. */
async function whole(deps: ClusterDeps, cluster: Cluster): Promise<Cluster> {
  if (cluster.state !== "draft" && cluster.revision === cluster.liveRevision) return cluster;
  const [busy] = await deps.operations.list({ clusterId: cluster.id, states: unfinished, limit: 1 });
  return busy ? ((await deps.clusters.get(cluster.id)) ?? cluster) : withFreeNetwork(deps, await withWholeKeys(deps, cluster));
}

/** What an earlier attempt of the same request queued. */
async function queuedBefore(deps: ClusterDeps, actor: Actor, keyed: KeyedRequest | null): Promise<Operation | null> {
  return keyed === null ? null : await deps.operations.byKey(actor.personId, keyed.id);
}

interface Writing extends Pick<Edit, "keyed" | "basedOn"> {
  readonly cluster: Cluster;
  readonly previous: ClusterSpec;
  readonly next: NextRevision;
}

/** Whatever would refuse the preview of the revision is asked before it is written. */
async function write(deps: ClusterDeps, { cluster, previous, next: { spec, secrets }, basedOn, keyed }: Writing): Promise<void> {
  if (basedOn !== null && basedOn !== previous.revision) throw await conflict(deps, cluster, basedOn);
  await demandIdle(deps, cluster);
  await demandPreviewPossible(deps, cluster.tenantId);
  try {
    await deps.clusters.addRevision(spec, deps.now());
  } catch (error) {
    if (error instanceof RevisionConflict) throw await conflict(deps, cluster, previous.revision);
    return refuseDraft(error, spec.name, deps.drafts);
  }
  // Another operation may still be queued before the preview: the next attempt finds this revision and previews it.
  keyed?.markWritten();
  if (secrets) await deps.secretStore.putClusterSecrets(cluster.tenantId, cluster.id, secrets);
}

/** What somebody else wrote in the meantime; sending again based on the newest revision is a decision with open eyes. */
async function conflict(deps: ClusterDeps, cluster: Cluster, basedOn: number): Promise<Problem> {
  const newest = await newestSpec(deps, (await deps.clusters.get(cluster.id)) ?? cluster);
  const seen = await deps.clusters.spec(cluster.id, basedOn);
  return new Problem({ code: "revision-conflict", basedOn, revision: newest.revision, changes: specChanges(seen, newest) });
}

async function preview(
  deps: ClusterDeps,
  actor: Actor,
  ref: ClusterRef,
  kind: PlanKind,
  keyed: KeyedRequest | null,
): Promise<OperationSummary> {
  const { cluster } = await findCluster(deps, actor, ref, "cluster.preview");
  const earlier = await queuedBefore(deps, actor, keyed);
  if (earlier) return operationSummary(deps, actor, earlier);
  demandState(cluster, "cluster.preview", (state) => planKindOf({ kind }).plannedIn.includes(state));
  return submitPreview(deps, actor, cluster, kind, keyed);
}

/** The preview of a revision that says one thing, which `write` writes unless it waits already. */
async function revisedBy(
  deps: ClusterDeps,
  actor: Actor,
  ref: ClusterRef,
  keyed: KeyedRequest | null,
  write: (cluster: Cluster) => Promise<Cluster>,
): Promise<OperationSummary> {
  const { cluster } = await findCluster(deps, actor, ref, "cluster.edit");
  const earlier = await queuedBefore(deps, actor, keyed);
  if (earlier) return operationSummary(deps, actor, earlier);
  await demandPreviewPossible(deps, cluster.tenantId);
  return submitPreview(deps, actor, await write(cluster), "update", keyed);
}

async function submitPreview(
  deps: ClusterDeps,
  actor: Actor,
  seen: Cluster,
  planKind: PlanKind,
  keyed: KeyedRequest | null,
): Promise<OperationSummary> {
  const { makesRevisionLive } = planKindOf({ kind: planKind });
  const cluster = makesRevisionLive ? await whole(deps, seen) : seen;
  // A teardown is about what lives; before anything lived, about the newest revision.
  const specRevision = makesRevisionLive || cluster.liveRevision === 0 ? cluster.revision : cluster.liveRevision;
  const operation = await submit(deps, actor, cluster, {
    kind: "preview",
    planKind,
    specRevision,
    planId: null,
    drift: null,
    idempotencyKey: keyed?.id ?? null,
  });
  return operationSummary(deps, actor, operation);
}

async function discard(deps: ClusterDeps, actor: Actor, ref: ClusterRef): Promise<ClusterSummary> {
  const { cluster } = await findCluster(deps, actor, ref, "cluster.discard");
  // Discarding twice is discarding once.
  if (cluster.state === "gone" && cluster.liveRevision === 0) return summary(deps, actor, cluster);
  await demandIdle(deps, cluster);
  if (cluster.state === "draft" && !(await discardDraft(deps, cluster.id))) await demandIdle(deps, cluster);
  if (cluster.state !== "draft") await goBack(deps, cluster);
  return summary(deps, actor, (await deps.clusters.get(cluster.id)) ?? cluster);
}

/** Revisions are never taken back: the next one says what the live one says. */
async function goBack(deps: ClusterDeps, cluster: Cluster): Promise<void> {
  if (cluster.liveRevision === 0 || cluster.revision <= cluster.liveRevision)
    throw new Problem({ code: "wrong-state", verb: "cluster.discard", state: whyNotDiscarded(cluster) });
  const live = await deps.clusters.spec(cluster.id, cluster.liveRevision);
  if (!live) throw notFound();
  if (sameSpec(await newestSpec(deps, cluster), { ...live, revision: cluster.revision + 1 })) return;
  // The name that it had may belong to another cluster by now.
  await deps.clusters
    .addRevision({ ...live, revision: cluster.revision + 1 }, deps.now())
    .catch((error: unknown) => refuseDraft(error, live.name, deps.drafts));
}

function whyNotDiscarded(cluster: Cluster): Cluster["state"] | Blocker {
  const blocker = blockerOf(cluster);
  return blocker === "ready" || blocker === "degraded" ? "no-newer-revision" : blocker;
}

function demandState(cluster: Cluster, verb: string, fits: (state: Cluster["state"]) => boolean): void {
  if (!fits(cluster.state)) throw new Problem({ code: "wrong-state", verb, state: cluster.state });
}

async function revisionView(deps: ClusterDeps, actor: Actor, ref: ClusterRef, revision: number): Promise<RevisionView> {
  const { cluster } = await findCluster(deps, actor, ref, "cluster.read");
  const spec = await deps.clusters.spec(cluster.id, revision);
  const [written] = await deps.clusters.revisions(cluster.id, { limit: 1, before: revision + 1 });
  if (!spec || written?.revision !== revision) throw notFound();
  const before = revision > 1 ? await deps.clusters.spec(cluster.id, revision - 1) : null;
  return { cluster: await summary(deps, actor, cluster), revision, at: written.at, spec, changes: specChanges(before, spec) };
}

async function receipt(deps: ClusterDeps, actor: Actor, ref: ClusterRef) {
  const { cluster } = await findCluster(deps, actor, ref, "cluster.read");
  const proven = await deps.clusters.receipt(cluster.id);
  if (!proven) throw notFound();
  return { cluster: await summary(deps, actor, cluster), receipt: receiptFor(actor, proven) };
}
