/** From a person's request to revision 1 and the revisions after it: images, keys and settings come together here. */
import type { Blueprint } from "#app/domain/blueprints/blueprint.ts";
import { buildSpec, controlPlaneCount, firstMachineNames, redraftSpec } from "#app/domain/cluster/build-spec.ts";
import { addedControlPlanes, refusedChoice } from "#app/domain/control-plane/control-planes.ts";
import { addedBy } from "#app/domain/cluster/pool-slots.ts";
import { reviseSpec } from "#app/domain/cluster/revise-spec.ts";
import type { ControlPlaneChoice, PublicKeys, SpecChange, SpecInput, SpecRequest } from "#app/domain/cluster/spec-input.ts";
import { poolFieldName, refusedChanges } from "#app/domain/cluster/change-classes.ts";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import {
  type ClusterSecrets,
  type ClusterSpec,
  controlPlaneOf,
  type ImageRef,
  type MachineProfile,
  servicesOf,
} from "#app/domain/cluster/spec.ts";
import { addedServiceMachines, type ServiceImages } from "#app/domain/services/chosen.ts";
import type { ServiceKind } from "#app/domain/services/service.ts";
import type { LibvirtHost } from "#app/domain/host/libvirt-host.ts";
import { type RemovalCandidate, removalOrder } from "#app/domain/drift/removal-order.ts";
import { Problem } from "#app/domain/problem.ts";
import { readinessOf, type SetupState } from "#app/domain/setup.ts";
import type { Tenant } from "#app/domain/tenant.ts";
import type { ClusterStore } from "#app/ports/cluster-store.ts";
import type { DriftStore } from "#app/ports/drift-store.ts";
import type { ClusterKeys, KeyMaker } from "#app/ports/key-maker.ts";
import type { HostStore } from "#app/ports/hosts/host-store.ts";
import type { OperationStore } from "#app/ports/operation-store.ts";
import type { SecretStore } from "#app/ports/secret-store.ts";
import type { PlannedImage, SetupStatus } from "#app/ports/setup-status.ts";
import type { ClusterRequest, GeneratedKey } from "#app/services/portal.ts";
import { demandAddOnsPossible, demandImagesFor, holds, imagesForNew, lacks } from "./add-on-images.ts";
import { demandServicesPossible, imagesForServices } from "./service-images.ts";
import { registeredHost } from "#app/services/hosts/known-hosts.ts";
import { isStale, lastChange } from "./last-change.ts";
import { type KeyedRequest, secretFor } from "#app/services/idempotent-requests.ts";

export interface SpecSettings {
  /** Names and addresses for the API server's certificate besides those of the machine and of its host. */
  readonly apiServerNames: readonly string[];
}

export interface SpecDeps {
  readonly clusters: ClusterStore;
  readonly hosts: HostStore;
  readonly setupStatus: SetupStatus;
  readonly keyMaker: KeyMaker;
  readonly secretStore: SecretStore;
  /** What the last check found: workers in trouble are removed first. */
  readonly drift: DriftStore;
  readonly operations: OperationStore;
  readonly now: () => number;
  readonly settings: SpecSettings;
  readonly blueprints: readonly Blueprint[];
  readonly serviceKinds: readonly ServiceKind[];
}

/** Everything that has to be known before revision 1 can be written; making it changes nothing. */
export interface Prepared {
  readonly image: ImageRef;
  readonly profile: MachineProfile;
  readonly blueprint: Blueprint;
  readonly input: SpecInput;
  readonly serviceImages: ServiceImages;
  readonly generatedKey: GeneratedKey | null;
}

/** Nothing of the cluster exists yet, so no node of it can be named. */
function demandNoRemoval({ pools }: ClusterRequest): void {
  const issues = pools.flatMap(({ name, remove = [] }, at) =>
    remove.slice(0, 1).map((node) => ({ field: poolFieldName(at, "remove"), code: "pool.noNode", params: { value: node, pool: name } })),
  );
  if (issues.length > 0) throw new Problem({ code: "invalid", issues });
}

export async function prepare(deps: SpecDeps, tenant: Tenant, request: ClusterRequest, keyed: KeyedRequest | null): Promise<Prepared> {
  demandNoRemoval(request);
  const state = await deps.setupStatus.read();
  demandPreview(state);
  const planned = await deps.setupStatus.plannedImage();
  const blueprint = blueprintOf(deps.blueprints, request.blueprint);
  demandAddOnsPossible(blueprint, request.addOns ?? []);
  const refused = refusedChoice(blueprint.controlPlanes, request.controlPlanes);
  if (refused.length > 0) throw new Problem({ code: "invalid", issues: refused });
  const services = { ids: request.services ?? [], before: [] };
  demandServicesPossible(services, deps.serviceKinds);
  const image = chooseImage([...(await deps.setupStatus.images()), ...(planned ? [planned] : [])], blueprint, request);
  const { key, generatedKey } = await sshKeyFor(deps.keyMaker, tenant, request, keyed);
  const { image: _image, sshKey: _key, blueprint: _blueprint, ...chosen } = request;
  return {
    image: { name: image.name, contentHash: image.contentHash },
    profile: state.accelerator?.accelerator === "kvm" ? "accelerated" : "emulated",
    blueprint,
    input: { ...chosen, authorizedKeys: key === null ? [] : [key] },
    serviceImages: await imagesForServices(deps.setupStatus, services, deps.serviceKinds, {
      kind: blueprint.image,
      image: { name: image.name, contentHash: image.contentHash },
    }),
    generatedKey,
  };
}

export function demandPreview(state: SetupState): void {
  const readiness = readinessOf(state);
  if (!readiness.preview) throw new Problem({ code: "not-ready", waitingFor: readiness.waitingFor });
}

function blueprintOf(blueprints: readonly Blueprint[], id: string): Blueprint {
  const found = blueprints.find((b) => b.id === id);
  if (!found) throw new Problem({ code: "invalid", issues: [{ field: "blueprint", code: "blueprint.unknown", params: { value: id } }] });
  return found;
}

/** What the blueprint of a cluster offers; one that is not offered any more offers nothing else than what is there. */
const offeredIn = (blueprints: readonly Blueprint[], { blueprint, kubernetes }: ClusterSpec): ControlPlaneChoice => {
  const now = kubernetes[0]?.controlPlane.length ?? 1;
  return blueprints.find((b) => b.id === blueprint)?.controlPlanes ?? { choices: [now], usual: now };
};

/** Of a blueprint that is not offered any more: what its machines are made from is a node image. */
const imageKindIn = (blueprints: readonly Blueprint[], { blueprint }: ClusterSpec) =>
  blueprints.find((b) => b.id === blueprint)?.image ?? "node";

/** The named image, or the newest that carries the version; one that is ready before the one that is being made. */
function chooseImage(images: readonly PlannedImage[], { image: kind }: Blueprint, request: ClusterRequest): PlannedImage {
  const fitting = images.filter(
    (i) => i.kind === kind && (i.kubernetesVersion === null || i.kubernetesVersion === request.kubernetesVersion),
  );
  const named = fitting.filter((i) => request.image === null || i.name === request.image);
  const found = named.find((i) => holds(i, imagesForNew(request.addOns ?? [])));
  if (found) return found;
  const lacking = request.addOns?.find((id) => !named.some((i) => holds(i, imagesForNew([id]))));
  if (named.length > 0 && lacking !== undefined) throw lacks({ id: lacking });
  if (!images.some((i) => i.kind === kind)) throw new Problem({ code: "not-ready", waitingFor: ["image"] });
  const [field, value] = request.image === null ? ["kubernetesVersion", request.kubernetesVersion] : ["image", request.image];
  throw new Problem({ code: "invalid", issues: [{ field: field ?? "image", code: "image.unknown", params: { value: value ?? "" } }] });
}

interface AdmittedKey {
  readonly key: string | null;
  readonly generatedKey: GeneratedKey | null;
}

export async function sshKeyFor(
  keyMaker: KeyMaker,
  tenant: Tenant,
  { name, sshKey: asked }: ClusterRequest,
  keyed: KeyedRequest | null,
): Promise<AdmittedKey> {
  switch (asked.mode) {
    case "none":
      return { key: null, generatedKey: null };
    case "paste":
      return { key: asked.key, generatedKey: null };
    case "generate": {
      const pair = await secretFor(keyed, tenant.id, () => keyMaker.userKeyPair(`${tenant.slug}-${name}`));
      return { key: pair.publicKey, generatedKey: pair };
    }
  }
}

export interface FirstRevision {
  /** Called by the store with the network index. */
  readonly toSpec: (networkIndex: number) => ClusterSpec;
  /** To be kept once the revision is written: another request may have been faster, and its keys must stay. */
  readonly secrets: ClusterSecrets;
}

const machinesOf = ({ serviceKinds }: SpecDeps, { blueprint, input }: Prepared): readonly string[] =>
  firstMachineNames({ controlPlanes: controlPlaneCount(blueprint, input) }, input.pools, input.services, serviceKinds);

export async function firstRevision(
  deps: SpecDeps,
  tenant: Tenant,
  clusterId: string,
  host: LibvirtHost,
  p: Prepared,
): Promise<FirstRevision> {
  const { secrets, publics } = await deps.keyMaker.make(machinesOf(deps, p), deps.now());
  return {
    secrets,
    toSpec: (networkIndex) => buildSpec(specRequest(deps, p, publics, { tenantId: tenant.id, clusterId, host, networkIndex })),
  };
}

interface Where {
  readonly tenantId: string;
  readonly clusterId: string;
  readonly host: LibvirtHost;
  readonly networkIndex: number;
}

function specRequest({ settings, serviceKinds }: SpecDeps, p: Prepared, keys: PublicKeys, { host, ...where }: Where): SpecRequest {
  const apiServerNames = [host.publishedHost, ...settings.apiServerNames];
  return {
    ...where,
    hostId: host.id,
    topology: p.blueprint,
    input: p.input,
    settings: host,
    image: p.image,
    profile: p.profile,
    apiServerNames,
    keys,
    serviceKinds,
    serviceImages: p.serviceImages,
  };
}

export interface NextRevision {
  readonly spec: ClusterSpec;
  /** With keys for added machines; null when there are none. To be kept once the revision is written. */
  readonly secrets: ClusterSecrets | null;
}

export interface ChangedRevision extends NextRevision {
  readonly generatedKey: GeneratedKey | null;
}

export interface Asked {
  readonly tenant: Tenant;
  readonly cluster: Cluster;
  readonly previous: ClusterSpec;
  readonly request: ClusterRequest;
  readonly keyed: KeyedRequest | null;
}

/** A draft is decided again as a whole. In what lives, Problem `invalid` names every field that cannot change. */
export async function revisionFor(deps: SpecDeps, asked: Asked): Promise<ChangedRevision> {
  const { cluster, previous, request } = asked;
  if (cluster.state === "draft") return redraft(deps, asked);
  const live = await liveSpec(deps, cluster);
  const issues = refusedChanges(request, { previous, live, offered: offeredIn(deps.blueprints, previous) });
  if (issues.length > 0) throw new Problem({ code: "invalid", issues });
  const { name, controlPlanes, controlPlane, pools, services = [], addOns = [] } = request;
  demandServicesPossible({ ids: services, before: [...(live === null ? [] : [live]), previous] }, deps.serviceKinds);
  demandAddOnsPossible(blueprintOf(deps.blueprints, previous.blueprint), addOns);
  const change = { name, controlPlanes, controlPlane, pools, services, addOns, remove: pools.flatMap((pool) => pool.remove ?? []) };
  const next = await nextRevision(deps, cluster, previous, change);
  await demandImagesFor(deps.setupStatus, next.spec, live);
  return { ...next, generatedKey: null };
}

async function redraft(deps: SpecDeps, { tenant, cluster, previous, request, keyed }: Asked): Promise<ChangedRevision> {
  const p = await prepare(deps, tenant, request, keyed);
  const known = await deps.secretStore.clusterSecrets(tenant.id, cluster.id);
  if (!known) throw new Error(`changing draft ${cluster.id}: its secrets are not in the store`);
  const host = await registeredHost(deps.hosts, cluster.hostId);
  const { secrets, publics } = await deps.keyMaker.extend(known, machinesOf(deps, p));
  const spec = redraftSpec({
    previous,
    ...specRequest(deps, p, publics, { tenantId: tenant.id, clusterId: cluster.id, host, networkIndex: cluster.networkIndex }),
  });
  return { spec, secrets, generatedKey: p.generatedKey };
}

const liveSpec = async (deps: SpecDeps, cluster: Cluster): Promise<ClusterSpec | null> =>
  cluster.liveRevision === 0 ? null : await deps.clusters.spec(cluster.id, cluster.liveRevision);

export async function nextRevision(deps: SpecDeps, cluster: Cluster, previous: ClusterSpec, change: SpecChange): Promise<NextRevision> {
  const live = await liveSpec(deps, cluster);
  const removeFirst = change.removeFirst ?? (await removalCandidates(deps, cluster, live ?? previous)).map(({ name }) => name);
  const services = {
    ids: change.services ?? servicesOf(previous).map(({ kind }) => kind),
    before: [...(live === null ? [] : [live]), previous],
  };
  const added = [
    ...addedControlPlanes({ previous, live }, change),
    ...addedBy({ previous, live, pools: change.pools }),
    ...addedServiceMachines(services, deps.serviceKinds),
  ];
  const keys = await keysFor(deps, cluster, added);
  const hostKeys = keys?.publics.hostKeys ?? {};
  const own = { kind: imageKindIn(deps.blueprints, previous), image: controlPlaneOf(previous).image };
  const serviceImages = await imagesForServices(deps.setupStatus, services, deps.serviceKinds, own);
  const spec = reviseSpec({
    previous,
    live,
    change: { ...change, removeFirst },
    networkIndex: cluster.networkIndex,
    settings: await registeredHost(deps.hosts, cluster.hostId),
    hostKeys,
    serviceKinds: deps.serviceKinds,
    serviceImages,
  });
  return { spec, secrets: keys?.secrets ?? null };
}

/**
 * All workers in the order in which they are proposed for removal. What a check found before the cluster was last changed
 * says nothing of its workers now.
 */
export async function removalCandidates(
  { drift, operations }: Pick<SpecDeps, "drift" | "operations">,
  cluster: Cluster,
  spec: ClusterSpec,
): Promise<readonly RemovalCandidate[]> {
  const record = await drift.get(cluster.id);
  const known = record !== null && !isStale(cluster, record, await lastChange(operations, cluster.id));
  return removalOrder(spec, known ? record.rows : []);
}

async function keysFor(deps: SpecDeps, cluster: Cluster, added: readonly string[]): Promise<ClusterKeys | null> {
  if (added.length === 0) return null;
  const known = await deps.secretStore.clusterSecrets(cluster.tenantId, cluster.id);
  if (!known) throw new Error(`adding machines to cluster ${cluster.id}: its secrets are not in the store`);
  return deps.keyMaker.extend(known, added);
}
