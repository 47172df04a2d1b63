/** Decides everything about a cluster. What comes out needs no further choice: not by the program, not by a script. */
import { apiPort, clusterAddresses, machineAddress, machineMac, sshPort } from "./addresses.ts";
import { clusterPrefix, nodeIndex, nodeName } from "./names.ts";
import type { MachineSize } from "./sizes.ts";
import { type ClusterSpec, type ImageRef, type MachineProfile, type MachineSpec, type NodeRole, workersOf } from "./spec.ts";

/** What a person chose, checked: the outcome of the cluster form. */
export interface SpecInput {
  readonly name: string;
  readonly blueprint: ClusterSpec["blueprint"];
  readonly kubernetesVersion: string;
  readonly controlPlane: MachineSize;
  readonly worker: MachineSize;
  readonly workers: number;
  readonly diskGiB: number;
  readonly authorizedKeys: readonly string[];
  readonly podCidr: string;
  readonly serviceCidr: string;
}

/** The operator's settings that decide addresses. */
export interface AddressSettings {
  /** E.g. `10.91.0.0/16`. */
  readonly networkRange: string;
  /** First published port. */
  readonly portBase: number;
}

/** Public halves of what the key maker made. */
export interface PublicKeys {
  readonly portalKey: string;
  /** nodeName → public SSH host key; at least for every machine of the spec. */
  readonly hostKeys: Readonly<Record<string, string>>;
  readonly caCertHash: string;
}

export interface SpecRequest {
  readonly clusterId: string;
  readonly tenantId: string;
  readonly input: SpecInput;
  readonly networkIndex: number;
  readonly settings: AddressSettings;
  readonly image: ImageRef;
  readonly profile: MachineProfile;
  /** Names and addresses people reach the API server by. */
  readonly apiServerNames: readonly string[];
  readonly keys: PublicKeys;
}

/** Revision 1. Throws when the key maker left a machine out or an address does not exist in the range. */
export function buildSpec(r: SpecRequest): ClusterSpec {
  const { input, networkIndex, settings, keys } = r;
  const prefix = clusterPrefix(networkIndex, r.clusterId, input.name);
  const addresses = clusterAddresses(settings.networkRange, networkIndex);
  const place: Place = { cluster: input.name, prefix, networkIndex, settings, hostKeys: keys.hostKeys };
  return {
    schema: 1,
    clusterId: r.clusterId,
    tenantId: r.tenantId,
    name: input.name,
    revision: 1,
    blueprint: input.blueprint,
    stackName: prefix,
    prefix,
    kubernetesVersion: input.kubernetesVersion,
    image: r.image,
    profile: r.profile,
    diskSource: "file",
    network: { name: prefix, ...addresses, podCidr: input.podCidr, serviceCidr: input.serviceCidr },
    publishedApiPort: apiPort(settings.portBase, networkIndex),
    apiServerNames: [...new Set(r.apiServerNames)],
    machines: [
      machine(place, "control-plane", 0, input.controlPlane, input.diskGiB, 1),
      ...range(1, input.workers).map((n) => machine(place, "worker", n, input.worker, input.diskGiB, 1)),
    ],
    authorizedKeys: [...new Set(input.authorizedKeys)],
    certificates: { renewed: 0 },
    portalKey: keys.portalKey,
    caCertHash: keys.caCertHash,
  };
}

/** What can change in a cluster that lives; see change-classes.ts. */
export interface SpecChange {
  readonly workers: number;
  readonly controlPlane: MachineSize;
  readonly worker: MachineSize;
  /** For machines that are added; existing disks keep their size. */
  readonly diskGiB: number;
  /** nodeNames of workers in the order in which they are removed when there are to be fewer; the youngest follow them. */
  readonly removeFirst?: readonly string[];
}

export interface Revision {
  /** Newest revision written. */
  readonly previous: ClusterSpec;
  /**
   * The revision that is alive, or null when none came to life. A machine that lives keeps everything it has, even
   * when a discarded revision in between had dropped it.
   */
  readonly live: ClusterSpec | null;
  readonly change: SpecChange;
  readonly networkIndex: number;
  readonly settings: AddressSettings;
  /** nodeName → public host key of machines that may be added. */
  readonly hostKeys: Readonly<Record<string, string>>;
}

/** The next revision: new workers take the lowest free index, and those that are removed are chosen by `removeFirst`. */
export function reviseSpec(r: Revision): ClusterSpec {
  const { previous, change } = r;
  const revision = previous.revision + 1;
  const place: Place = { ...r, cluster: previous.name, prefix: previous.prefix };
  const known = knownMachines(r);
  const keep = (role: NodeRole, index: number, size: MachineSize): MachineSpec => {
    const old = known.get(nodeName(previous.name, role, index));
    return old ? { ...old, vcpus: size.vcpus, memoryMiB: size.memoryMiB } : machine(place, role, index, size, change.diskGiB, revision);
  };
  return {
    ...previous,
    revision,
    machines: [
      keep("control-plane", 0, change.controlPlane),
      ...workerIndices({ ...r, workers: change.workers, removeFirst: change.removeFirst ?? [] }).map((n) => keep("worker", n, change.worker)),
    ],
  };
}

type Specs = Pick<Revision, "previous" | "live">;

const knownMachines = ({ previous, live }: Specs): ReadonlyMap<string, MachineSpec> =>
  new Map([...previous.machines, ...(live?.machines ?? [])].map((m) => [m.nodeName, m]));

/** Indices of the workers of the next revision, in order. */
function workerIndices({ previous, live, workers, removeFirst }: Specs & { readonly workers: number; readonly removeFirst: readonly string[] }): readonly number[] {
  const before = indicesOf(previous);
  // A revision that was written and not carried out has chosen already.
  if (before.length === workers) return before;
  const living = live === null ? before : indicesOf(live);
  if (living.length > workers) return without(living, living.length - workers, removeFirst.map((name) => nodeIndex(previous.name, name)));
  const written = before.filter((n) => !living.includes(n));
  const free = range(1, workers).filter((n) => !living.includes(n) && !written.includes(n));
  return [...living, ...[...written, ...free].slice(0, workers - living.length)].sort(ascending);
}

function without(indices: readonly number[], count: number, first: readonly (number | null)[]): readonly number[] {
  const named = [...new Set(first)].filter((n) => n !== null && indices.includes(n));
  const youngest = indices.filter((n) => !named.includes(n)).sort(ascending).reverse();
  const removed = [...named, ...youngest].slice(0, count);
  return indices.filter((n) => !removed.includes(n));
}

const ascending = (a: number, b: number): number => a - b;

const indicesOf = (spec: ClusterSpec): readonly number[] => workersOf(spec).map((m) => machineIndex(spec, m)).sort(ascending);

/** Names of machines that the change adds, for the key maker. */
export function addedBy({ previous, live, workers }: Specs & { readonly workers: number }): readonly string[] {
  const known = knownMachines({ previous, live });
  const names = workerIndices({ previous, live, workers, removeFirst: [] }).map((n) => nodeName(previous.name, "worker", n));
  return names.filter((n) => !known.has(n));
}

/** What a living spec amounts to as form input, to edit it. */
export function changeOf(spec: ClusterSpec): SpecChange {
  const cp = spec.machines.find((m) => m.role === "control-plane");
  const worker = spec.machines.find((m) => m.role === "worker");
  const { vcpus, memoryMiB } = cp ?? { vcpus: 2, memoryMiB: 2048 };
  return {
    workers: spec.machines.filter((m) => m.role === "worker").length,
    controlPlane: { vcpus, memoryMiB },
    worker: { vcpus: worker?.vcpus ?? vcpus, memoryMiB: worker?.memoryMiB ?? memoryMiB },
    diskGiB: newestDiskGiB(spec),
  };
}

/** Disk of the worker that was added last; of the control plane where there is none. What a further worker gets. */
export function newestDiskGiB({ machines }: Pick<ClusterSpec, "machines">): number {
  const workers = machines.filter((m) => m.role === "worker");
  const newest = workers.toSorted((a, b) => a.sinceRevision - b.sinceRevision).at(-1) ?? machines[0];
  return newest?.diskGiB ?? 20;
}

export interface DraftRevision extends SpecRequest {
  readonly previous: ClusterSpec;
}

/** The next revision of a draft: nothing of it is built, so everything may be another; only its stack keeps its name. */
export const redraftSpec = ({ previous, ...request }: DraftRevision): ClusterSpec => ({
  ...buildSpec(request),
  stackName: previous.stackName,
  revision: previous.revision + 1,
});

/** The same revision, made with other keys. */
export const withPublicKeys = (spec: ClusterSpec, keys: PublicKeys): ClusterSpec => ({
  ...spec,
  portalKey: keys.portalKey,
  caCertHash: keys.caCertHash,
  machines: spec.machines.map((m) => ({ ...m, sshHostKey: keys.hostKeys[m.nodeName] ?? m.sshHostKey })),
});

/** The next revision, which says nothing new but that the control plane gets new certificates. */
export const renewCertificates = (previous: ClusterSpec): ClusterSpec => ({
  ...previous,
  revision: previous.revision + 1,
  certificates: { renewed: (previous.certificates?.renewed ?? 0) + 1 },
});

/**
 * The next revision, with the addresses and ports of another network index. Only for a draft: nothing of it is built, and
 * its stack keeps its name.
 */
export function withNetworkIndex(spec: ClusterSpec, networkIndex: number, settings: AddressSettings): ClusterSpec {
  const prefix = clusterPrefix(networkIndex, spec.clusterId, spec.name);
  return {
    ...spec,
    revision: spec.revision + 1,
    prefix,
    network: { ...spec.network, name: prefix, ...clusterAddresses(settings.networkRange, networkIndex) },
    publishedApiPort: apiPort(settings.portBase, networkIndex),
    machines: spec.machines.map((m) => ({ ...m, ...placeOf(spec, m, { prefix, networkIndex, settings }) })),
  };
}

function placeOf(spec: ClusterSpec, m: MachineSpec, { prefix, networkIndex, settings }: Pick<Place, "prefix" | "networkIndex" | "settings">) {
  const index = machineIndex(spec, m);
  return {
    libvirtName: `${prefix}-${m.nodeName}`,
    mac: machineMac(networkIndex, m.role, index),
    address: machineAddress(settings.networkRange, networkIndex, m.role, index),
    publishedSshPort: sshPort(settings.portBase, networkIndex, index),
  };
}

interface Place {
  readonly cluster: string;
  readonly prefix: string;
  readonly networkIndex: number;
  readonly settings: AddressSettings;
  readonly hostKeys: Readonly<Record<string, string>>;
}

function machine(p: Place, role: NodeRole, index: number, size: MachineSize, diskGiB: number, sinceRevision: number): MachineSpec {
  const name = nodeName(p.cluster, role, index);
  const sshHostKey = p.hostKeys[name];
  if (sshHostKey === undefined) throw new Error(`deciding machine ${name}: it has no SSH host key`);
  return {
    nodeName: name,
    libvirtName: `${p.prefix}-${name}`,
    role,
    vcpus: size.vcpus,
    memoryMiB: size.memoryMiB,
    diskGiB,
    mac: machineMac(p.networkIndex, role, index),
    address: machineAddress(p.settings.networkRange, p.networkIndex, role, index),
    sshHostKey,
    publishedSshPort: sshPort(p.settings.portBase, p.networkIndex, index),
    sinceRevision,
  };
}

const range = (from: number, count: number): readonly number[] => Array.from({ length: Math.max(0, count) }, (_, i) => from + i);

/** The machine's number in its role: 0 for the control plane, from 1 for workers. */
export const machineIndex = (spec: ClusterSpec, m: MachineSpec): number => nodeIndex(spec.name, m.nodeName) ?? 0;
