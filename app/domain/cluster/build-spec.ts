/** Decides everything about a cluster. What comes out needs no further choice: not by the program, not by a script. */
import { apiPort, clusterAddresses, machineAddress, machineMac, portsPerCluster, slotAt, sshPort } from "./addresses.ts";
import { clusterPrefix, machineName } from "./names.ts";
import type { MachineSize } from "./sizes.ts";
import {
  addressOf,
  type ClusterSpec,
  controlPlanesOf,
  type DiskSource,
  type DistributionId,
  type ImageRef,
  kubernetesOf,
  localHost,
  type MachineProfile,
  type MachineSpec,
  networkOf,
  type NodePoolSpec,
  type NodeRole,
  poolsOf,
  type Publication,
  rootDiskOf,
  type Taint,
  workersOf,
} from "./spec.ts";

/** A node pool as a person asks for it. */
export interface PoolInput extends MachineSize {
  readonly name: string;
  readonly count: number;
  readonly diskGiB: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
}

/** What a blueprint decides about a cluster, apart from what a person chooses. */
export interface Topology {
  /** Of the blueprint. */
  readonly id: string;
  readonly distribution: DistributionId;
  readonly controlPlanes: number;
  /** Whether it has an API server, which a port of the portal then leads to. */
  readonly apiServer: boolean;
  /** False: disks are as large as their image. */
  readonly sizedDisks: boolean;
}

/** What a person chose, checked: the outcome of the cluster form. */
export interface SpecInput {
  readonly name: string;
  readonly kubernetesVersion: string;
  readonly controlPlane: MachineSize & { readonly diskGiB: number };
  readonly pools: readonly PoolInput[];
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
  /** machine name → public SSH host key; at least for every machine of the spec. */
  readonly hostKeys: Readonly<Record<string, string>>;
  readonly caCertHash: string;
}

export interface SpecRequest {
  readonly clusterId: string;
  readonly tenantId: string;
  readonly topology: Topology;
  readonly input: SpecInput;
  readonly networkIndex: number;
  readonly settings: AddressSettings;
  readonly image: ImageRef;
  readonly profile: MachineProfile;
  /** Names and addresses people reach the API server by. */
  readonly apiServerNames: readonly string[];
  readonly keys: PublicKeys;
}

/** Key of the network and of the Kubernetes of a cluster that has one of each. */
const onlyOne = "main";
export const kubernetesPort = 6443;
const ssh = 22;

/** Names of all machines of revision 1, control planes first: what a key maker needs to know. */
export const firstMachineNames = ({ controlPlanes }: Pick<Topology, "controlPlanes">, pools: readonly Pick<PoolInput, "count">[]): readonly string[] => [
  ...range(0, controlPlanes).map((slot) => machineName("control-plane", slot)),
  ...range(1, total(pools)).map((slot) => machineName("worker", slot)),
];

const total = (pools: readonly Pick<PoolInput, "count">[]): number => pools.reduce((sum, pool) => sum + pool.count, 0);

/** Revision 1. Throws when the key maker left a machine out or an address does not exist in the range. */
export function buildSpec(r: SpecRequest): ClusterSpec {
  const { input, networkIndex, settings, keys, topology } = r;
  const prefix = clusterPrefix(networkIndex, r.clusterId);
  const addresses = clusterAddresses(settings.networkRange, networkIndex);
  const place: Placement = { prefix, cidr: addresses.cidr, networkIndex, network: onlyOne, image: r.image, sizedDisks: topology.sizedDisks, diskSource: "file", hostKeys: keys.hostKeys };
  const controlPlanes = range(0, topology.controlPlanes).map((slot) => newMachine(place, { role: "control-plane", pool: null, slot, ...input.controlPlane }, 1));
  const pools = input.pools.map((pool, at) => {
    const before = total(input.pools.slice(0, at));
    return { pool, machines: range(1 + before, pool.count).map((slot) => newMachine(place, { role: "worker", slot, ...pool, pool: pool.name }, 1)) };
  });
  const machines = [...controlPlanes, ...pools.flatMap((p) => p.machines)];
  return {
    schema: 2,
    clusterId: r.clusterId,
    tenantId: r.tenantId,
    name: input.name,
    revision: 1,
    blueprint: topology.id,
    hostId: localHost,
    profile: r.profile,
    prefix,
    stackName: prefix,
    networks: [{ key: onlyOne, name: prefix, ...addresses, reach: "nat" }],
    machines,
    kubernetes: [
      {
        key: onlyOne,
        distribution: topology.distribution,
        version: input.kubernetesVersion,
        endpoint: topology.apiServer ? { address: machineAddress(addresses.cidr, "control-plane", 0), port: kubernetesPort } : null,
        serverNames: [...new Set(r.apiServerNames)],
        controlPlane: controlPlanes.map((m) => m.name),
        pools: pools.map((p) => poolSpec(p.pool, p.machines)),
        podCidr: input.podCidr,
        serviceCidr: input.serviceCidr,
        caCertHash: keys.caCertHash,
        certificates: { renewed: 0 },
      },
    ],
    published: publications({ settings, networkIndex, cidr: addresses.cidr }, machines, topology.apiServer ? (controlPlanes[0]?.name ?? null) : null),
    authorizedKeys: [...new Set(input.authorizedKeys)],
    portalKey: keys.portalKey,
  };
}

const poolSpec = ({ name, vcpus, memoryMiB, diskGiB, labels, taints }: PoolInput, machines: readonly MachineSpec[]): NodePoolSpec => ({
  ...{ name, vcpus, memoryMiB, diskGiB, labels, taints },
  nodes: machines.map((m) => m.name),
});

/** What can change in a cluster that lives; see change-classes.ts. */
export interface SpecChange {
  readonly name: string;
  readonly controlPlane: MachineSize;
  /** All pools that there are to be. A pool that is left out goes with its machines. */
  readonly pools: readonly PoolInput[];
  /** Names of workers in the order in which they are removed when a pool is to have fewer; the youngest follow them. */
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
  /** machine name → public host key of machines that may be added. */
  readonly hostKeys: Readonly<Record<string, string>>;
}

/** The next revision: new workers take the lowest free slots, and those that are removed are chosen by `removeFirst`. */
export function reviseSpec(r: Revision): ClusterSpec {
  const { previous, change } = r;
  const revision = previous.revision + 1;
  const known = knownMachines(r);
  const { cidr, key } = networkOf(previous);
  const [first] = controlPlanesOf(previous);
  if (!first) throw new Error(`the spec of ${previous.clusterId} has no control plane`);
  const place: Placement = { prefix: previous.prefix, cidr, networkIndex: r.networkIndex, network: key, image: first.image, sizedDisks: hasSizedDisks(first), diskSource: rootDiskOf(first).source, hostKeys: r.hostKeys };
  const controlPlanes = controlPlanesOf(previous).map((m) => ({ ...m, ...sizeOf(change.controlPlane) }));
  const pools = nextPools(r).map(({ pool, slots }) => {
    const machines = slots.map((slot): MachineSpec => {
      const old = known.get(slot);
      return old ? { ...old, pool: pool.name, ...sizeOf(pool) } : newMachine(place, { role: "worker", slot, ...pool, pool: pool.name }, revision);
    });
    return { pool, machines };
  });
  const machines = [...controlPlanes, ...pools.flatMap((p) => p.machines).sort(byAddress)];
  return {
    ...previous,
    name: change.name,
    revision,
    machines,
    kubernetes: [{ ...kubernetesOf(previous), pools: pools.map((p) => poolSpec(p.pool, p.machines)) }],
    published: keptPublications(r, machines),
  };
}

const sizeOf = ({ vcpus, memoryMiB }: MachineSize): MachineSize => ({ vcpus, memoryMiB });

const byAddress = (a: MachineSpec, b: MachineSpec): number => addressOf(a).localeCompare(addressOf(b), "en", { numeric: true });

type Specs = Pick<Revision, "previous" | "live">;

/** Workers that exist or may exist, by their slot among the addresses. */
function knownMachines({ previous, live }: Specs): ReadonlyMap<number, MachineSpec> {
  const { cidr } = networkOf(previous);
  const machines = [...workersOf(previous), ...(live === null ? [] : workersOf(live))];
  return new Map(machines.map((m) => [slotOf(cidr, m), m]));
}

const slotsToSearch = 200;

/** A machine's slot: the one whose address it has. */
function slotOf(cidr: string, machine: MachineSpec): number {
  const slot = slotAt(cidr, machine.role, addressOf(machine));
  if (slot === null) throw new Error(`machine ${machine.name} has ${addressOf(machine)}, which is no address of a ${machine.role} in ${cidr}`);
  return slot;
}

interface PoolSlots {
  readonly pool: PoolInput;
  readonly slots: readonly number[];
}

/** Slots of the workers of the next revision, pool by pool. */
function nextPools({ previous, live, change }: Specs & { readonly change: Pick<SpecChange, "pools" | "removeFirst"> }): readonly PoolSlots[] {
  const { cidr } = networkOf(previous);
  const slotsIn = (spec: ClusterSpec | null, pool: string): readonly number[] => {
    const found = spec === null ? undefined : poolsOf(spec).find((p) => p.name === pool);
    return spec === null || found === undefined ? [] : workersOf(spec).filter((m) => found.nodes.includes(m.name)).map((m) => slotOf(cidr, m)).sort(ascending);
  };
  const removeFirst = (change.removeFirst ?? []).flatMap((name) => [previous, live].flatMap((spec) => (spec === null ? [] : workersOf(spec))).filter((m) => m.name === name).map((m) => slotOf(cidr, m)));
  const taken = new Set([previous, live].flatMap((spec) => (spec === null ? [] : workersOf(spec).map((m) => slotOf(cidr, m)))));
  return change.pools.map((pool) => {
    const before = slotsIn(previous, pool.name);
    const living = live === null ? before : slotsIn(live, pool.name);
    const slots = poolSlots({ before, living, removeFirst, free: (n) => !taken.has(n) }, pool.count);
    for (const n of slots) taken.add(n);
    return { pool, slots };
  });
}

interface SlotChoice {
  /** Of the newest revision, and of the one that lives. */
  readonly before: readonly number[];
  readonly living: readonly number[];
  readonly removeFirst: readonly number[];
  readonly free: (slot: number) => boolean;
}

function poolSlots({ before, living, removeFirst, free }: SlotChoice, count: number): readonly number[] {
  // A revision that was written and not carried out has chosen already.
  if (before.length === count) return before;
  if (living.length > count) return without(living, living.length - count, removeFirst);
  const written = before.filter((n) => !living.includes(n));
  const added = range(1, slotsToSearch).filter(free).slice(0, Math.max(0, count - living.length - written.length));
  return [...living, ...[...written, ...added].slice(0, count - living.length)].sort(ascending);
}

function without(slots: readonly number[], count: number, first: readonly number[]): readonly number[] {
  const named = [...new Set(first)].filter((n) => slots.includes(n));
  const youngest = slots.filter((n) => !named.includes(n)).sort(ascending).reverse();
  const removed = [...named, ...youngest].slice(0, count);
  return slots.filter((n) => !removed.includes(n));
}

const ascending = (a: number, b: number): number => a - b;

/** Names of machines that the change adds, for the key maker. */
export function addedBy({ previous, live, pools }: Specs & { readonly pools: readonly PoolInput[] }): readonly string[] {
  const known = knownMachines({ previous, live });
  return nextPools({ previous, live, change: { pools } }).flatMap(({ slots }) => slots.filter((n) => !known.has(n)).map((n) => machineName("worker", n)));
}

/** What a spec amounts to as a change: what an edit starts from. */
export function changeOf(spec: ClusterSpec): SpecChange {
  const [first] = controlPlanesOf(spec);
  const pools = poolsOf(spec).map(({ nodes, ...pool }) => ({ ...pool, count: nodes.length }));
  return { name: spec.name, controlPlane: sizeOf(first ?? { vcpus: 2, memoryMiB: 2048 }), pools };
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
  kubernetes: spec.kubernetes.map((k) => ({ ...k, caCertHash: keys.caCertHash })),
  machines: spec.machines.map((m) => ({ ...m, sshHostKey: keys.hostKeys[m.name] ?? m.sshHostKey })),
});

/** The next revision, which says nothing new but that the control plane gets new certificates. */
export const renewCertificates = (previous: ClusterSpec): ClusterSpec => ({
  ...previous,
  revision: previous.revision + 1,
  kubernetes: previous.kubernetes.map((k) => ({ ...k, certificates: { renewed: (k.certificates?.renewed ?? 0) + 1 } })),
});

/**
 * The next revision, with the addresses and ports of another network index. Only for a draft: nothing of it is built, and
 * its stack keeps its name.
 */
export function withNetworkIndex(spec: ClusterSpec, networkIndex: number, settings: AddressSettings): ClusterSpec {
  const prefix = clusterPrefix(networkIndex, spec.clusterId);
  const before = networkOf(spec);
  const addresses = clusterAddresses(settings.networkRange, networkIndex);
  const controlPlanes = controlPlanesOf(spec).map((m, slot) => moved(m, { prefix, ...addresses, networkIndex, role: "control-plane", slot }));
  const workers = workersOf(spec).map((m) => moved(m, { prefix, ...addresses, networkIndex, role: "worker", slot: slotOf(before.cidr, m) }));
  const machines = [...controlPlanes, ...workers.sort(byAddress)];
  const [first] = controlPlanes;
  return {
    ...spec,
    revision: spec.revision + 1,
    prefix,
    networks: [{ ...before, name: prefix, ...addresses }],
    machines,
    kubernetes: spec.kubernetes.map((k) => ({ ...k, endpoint: k.endpoint === null || !first ? null : { ...k.endpoint, address: addressOf(first) } })),
    published: publications({ settings, networkIndex, cidr: addresses.cidr }, machines, spec.kubernetes.some((k) => k.endpoint !== null) ? (first?.name ?? null) : null),
  };
}

interface NewPlace {
  readonly prefix: string;
  readonly cidr: string;
  readonly networkIndex: number;
  readonly role: NodeRole;
  readonly slot: number;
}

const moved = (m: MachineSpec, { prefix, cidr, networkIndex, role, slot }: NewPlace): MachineSpec => ({
  ...m,
  libvirtName: `${prefix}-${m.name}`,
  interfaces: m.interfaces.map((i) => ({ ...i, mac: machineMac(networkIndex, role, slot), address: machineAddress(cidr, role, slot) })),
});

interface Placement {
  readonly prefix: string;
  readonly cidr: string;
  readonly networkIndex: number;
  /** Key of the network. */
  readonly network: string;
  readonly image: ImageRef;
  readonly sizedDisks: boolean;
  /** As the control plane's: a cluster of an earlier version keeps volumes, also for machines that join it later. */
  readonly diskSource: DiskSource;
  readonly hostKeys: Readonly<Record<string, string>>;
}

const hasSizedDisks = ({ disks }: MachineSpec): boolean => disks.every((d) => d.gib !== null);

interface NewMachine extends MachineSize {
  readonly role: NodeRole;
  readonly pool: string | null;
  readonly slot: number;
  readonly diskGiB: number;
}

function newMachine(p: Placement, { role, pool, slot, vcpus, memoryMiB, diskGiB }: NewMachine, sinceRevision: number): MachineSpec {
  const name = machineName(role, slot);
  const sshHostKey = p.hostKeys[name];
  if (sshHostKey === undefined) throw new Error(`deciding machine ${name}: it has no SSH host key`);
  return {
    name,
    libvirtName: `${p.prefix}-${name}`,
    role,
    pool,
    image: p.image,
    vcpus,
    memoryMiB,
    disks: [{ gib: p.sizedDisks ? diskGiB : null, source: p.diskSource }],
    interfaces: [{ network: p.network, mac: machineMac(p.networkIndex, role, slot), address: machineAddress(p.cidr, role, slot) }],
    sshHostKey,
    sinceRevision,
  };
}

interface PortPlace {
  readonly settings: Pick<AddressSettings, "portBase">;
  readonly networkIndex: number;
  readonly cidr: string;
}

/** `api`: name of the machine whose API server is published; null: there is none. */
function publications({ settings, networkIndex, cidr }: PortPlace, machines: readonly MachineSpec[], api: string | null): readonly Publication[] {
  const sshOf = (m: MachineSpec): Publication => ({ port: sshPort(settings.portBase, networkIndex, m.role, slotOf(cidr, m)), machine: m.name, target: ssh, purpose: "ssh" });
  const toApi: readonly Publication[] = api === null ? [] : [{ port: apiPort(settings.portBase, networkIndex), machine: api, target: kubernetesPort, purpose: "api" }];
  return [...toApi, ...machines.map(sshOf)];
}

/** What is published stays as it is; machines that are new get their ports. */
function keptPublications({ previous, live, settings, networkIndex }: Revision, machines: readonly MachineSpec[]): readonly Publication[] {
  const known = [...previous.published, ...(live?.published ?? [])];
  const fresh = publications({ settings, networkIndex, cidr: networkOf(previous).cidr }, machines, null);
  const api = previous.published.filter((p) => p.purpose === "api");
  const kept = fresh.flatMap((p) => known.find((k) => k.purpose === "ssh" && k.machine === p.machine) ?? []);
  const taken = new Set([...api, ...kept].map((p) => p.port));
  const block = range(apiPort(settings.portBase, networkIndex) + 1, portsPerCluster - 1);
  return [...api, ...fresh.map((p) => kept.find((k) => k.machine === p.machine) ?? { ...p, port: takeFreePort(p.port, block, taken, known) })];
}

/** While all machines are replaced, slots reach beyond the cluster's block of ports: then one is taken that another slot has left. */
function takeFreePort(usual: number, block: readonly number[], taken: Set<number>, known: readonly Publication[]): number {
  const free = [usual, ...block].filter((port) => block.includes(port) && !taken.has(port));
  const port = free.find((p) => !known.some((k) => k.port === p)) ?? free[0];
  if (port === undefined) throw new Error("publishing SSH: the cluster's ports are used up");
  taken.add(port);
  return port;
}

const range = (from: number, count: number): readonly number[] => Array.from({ length: Math.max(0, count) }, (_, i) => from + i);
