/**
 * What on the libvirt host is in the way of a plan: addresses, devices, ports and names that belong to somebody else, and
 * space on the disk. What the cluster has there already is its own and in nobody's way.
 */
import { contains, overlap, parseCidr, parseIpv4, sizeOf, type Cidr } from "#app/domain/network/ipv4.ts";
import { isOwner, type Owner } from "#app/domain/cluster/ownership.ts";
import { type ClusterSpec, networkOf, rootDiskOf } from "#app/domain/cluster/spec.ts";
import { message } from "#app/domain/message/message.ts";
import type { Obstacle } from "./plan.ts";

/** A socket that waits for connections or datagrams. */
export interface Listener {
  readonly protocol: "tcp" | "udp";
  /** `0.0.0.0` and `::`: every address of the host. Sockets at `::` that take IPv6 alone are left out. */
  readonly address: string;
  readonly port: number;
  /** Name of the program and its process id; empty when it cannot be told. */
  readonly program: string;
}

/** The libvirt host as it was found. */
export interface HostSurvey {
  readonly addresses: readonly { readonly device: string; readonly address: string; readonly bits: number }[];
  /** Routes to a range, without the default one. */
  readonly routes: readonly { readonly device: string; readonly range: string }[];
  /** Names of network devices. */
  readonly devices: readonly string[];
  /** On the ports that were asked for, where the machines' networks are. */
  readonly listeners: readonly Listener[];
  /** On the ports that were asked for, where Berth publishes; Berth's own are left out. */
  readonly published: readonly Listener[];
  readonly storage: {
    readonly folder: string;
    readonly freeMiB: number /** Null: the file system has no limit. */;
    readonly freeInodes: number | null;
  };
  /** `net.ipv4.ip_forward`; null: it could not be read. */
  readonly ipForwarding: boolean | null;
  readonly forwardDrops: readonly ForwardDrop[];
  /** Files without which libvirt, which confines machines with AppArmor, starts none. */
  readonly appArmorMissing: readonly string[];
}

/** A chain of the firewall whose policy drops what is forwarded, and that nothing of libvirt can override. */
export interface ForwardDrop {
  /** Family, table and name. */
  readonly chain: string;
  /** Devices from which it accepts packets all the same. */
  readonly accepts: readonly string[];
}

/** What libvirt has under the names of the cluster. */
export interface NamedOnHost {
  readonly machines: readonly { readonly name: string; readonly owner: Owner | null }[];
  readonly networks: readonly { readonly name: string; readonly owner: Owner | null }[];
  readonly pools: readonly { readonly name: string; readonly folder: string }[];
}

export interface HostQuestion {
  readonly spec: ClusterSpec;
  /** What lives of it; null before the first update. */
  readonly live: ClusterSpec | null;
  readonly survey: HostSurvey;
  readonly named: NamedOnHost;
  /** Folder below which pools of stacks lie. */
  readonly poolRoot: string;
}

export const dnsPort = 53;

/** Ports on the portal's side that lead to machines of this spec. */
export const publishedPortsOf = ({ published }: ClusterSpec): readonly number[] => published.map((p) => p.port);

/** One obstacle for each thing that is in the way. */
export function findObstacles(q: HostQuestion): readonly Obstacle[] {
  return [...foreignNames(q), ...networkObstacles(q), ...portObstacles(q), ...storageObstacles(q), ...startObstacles(q)];
}

const ownNetwork = ({ spec, named }: HostQuestion): boolean =>
  named.networks.some(({ name, owner }) => name === networkOf(spec).name && owner !== null && isOwner(owner, spec));

function foreignNames({ spec, named, poolRoot }: HostQuestion): readonly Obstacle[] {
  const isForeign = ({ owner }: { readonly owner: Owner | null }) => owner === null || !isOwner(owner, spec);
  const names = spec.machines.map((m) => m.libvirtName);
  return [
    ...named.machines
      .filter((m) => names.includes(m.name) && isForeign(m))
      .map(({ name }): Obstacle => message("foreign-machine", { name })),
    ...named.networks
      .filter((n) => n.name === networkOf(spec).name && isForeign(n))
      .map(({ name }): Obstacle => message("foreign-network", { name })),
    ...named.pools
      .filter((p) => p.name === spec.prefix && p.folder !== `${poolRoot}/${spec.prefix}`)
      .map(({ name, folder }): Obstacle => message("foreign-pool", { name, folder })),
  ];
}

/** A network that is there has its addresses; one that is to be made, or started, needs them free. */
function networkObstacles(q: HostQuestion): readonly Obstacle[] {
  const network = networkOf(q.spec);
  const isOwn = ownNetwork(q);
  const hasBridge = q.survey.devices.includes(network.bridge);
  if (isOwn && hasBridge) return [];
  const bridge: readonly Obstacle[] = hasBridge ? [message("bridge-taken", { bridge: network.bridge })] : [];
  return [...bridge, ...addressConflicts(q), ...dnsConflicts(q)];
}

function addressConflicts({ spec, survey }: HostQuestion): readonly Obstacle[] {
  const network = networkOf(spec);
  const range = parseCidr(network.cidr);
  if (range === null) return [];
  const held = survey.addresses.flatMap(({ device, address, bits }) => {
    const subnet = subnetOf(address, bits);
    return subnet !== null && overlap(range, subnet) ? [{ device, found: `${address}/${bits}` }] : [];
  });
  const known = new Set(held.map(({ device }) => device));
  const routed = survey.routes.flatMap(({ device, range: text }) => {
    const route = parseCidr(text);
    return route !== null && !known.has(device) && overlap(range, route) && !isCatchAll(route) ? [{ device, found: text }] : [];
  });
  return [...held, ...routed].map(({ device, found }) => message("address-conflict", { range: network.cidr, found, device }));
}

function subnetOf(address: string, bits: number): Cidr | null {
  const number = parseIpv4(address);
  if (number === null || bits < 0 || bits > 32) return null;
  const size = sizeOf({ base: 0, bits });
  return { base: number - (number % size), bits };
}

const privateBlocks = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"].flatMap((text) => parseCidr(text) ?? []);

/** A route that takes everything private, or more, stands behind every narrower one: a tunnel to an office, say. */
const isCatchAll = (route: Cidr): boolean =>
  route.bits < 8 || privateBlocks.some((block) => block.bits >= route.bits && contains(route, block.base));

/** The network's own name service listens at the gateway's address. */
function dnsConflicts({ spec, survey }: HostQuestion): readonly Obstacle[] {
  const network = networkOf(spec);
  const found = survey.listeners.find((l) => l.port === dnsPort && (isEveryAddress(l.address) || l.address === network.gateway));
  return found === undefined
    ? []
    : [{ code: "dns-port-taken", params: { address: `${network.gateway}:${dnsPort}`, holder: holderOf(found) } }];
}

export const isEveryAddress = (address: string): boolean => address === "0.0.0.0" || address === "::";

/** What lives is shown with its conflicts on the cluster's page, and does not stop a change of something else. */
function portObstacles({ spec, live, survey }: HostQuestion): readonly Obstacle[] {
  const before = live === null ? [] : publishedPortsOf(live);
  return publishedPortsOf(spec).flatMap((port) => {
    const found = before.includes(port) ? undefined : survey.published.find((l) => l.port === port);
    return found === undefined ? [] : [message("port-taken", { port: String(port), holder: holderOf(found) })];
  });
}

/** As a person would look for it: the program where it is known, and where it listens. */
export const holderOf = ({ program, address, port, protocol }: Listener): string => {
  const where = `${protocol} ${address.includes(":") ? `[${address}]` : address}:${port}`;
  return program === "" ? where : `${program}, ${where}`;
};

/** A machine writes this much to its disk before it is of use. */
const mibPerMachine = 1_024;
/** Of one whose disk is no larger than its image. */
const mibPerImageDisk = 16;
const inodesPerMachine = 16;

function storageObstacles({ spec, live, survey: { storage } }: HostQuestion): readonly Obstacle[] {
  const before = new Set(live?.machines.map((m) => m.name));
  const machines = spec.machines.filter((m) => !before.has(m.name));
  const added = machines.length;
  if (added === 0) return [];
  const { folder, freeMiB, freeInodes } = storage;
  const needed = machines.reduce((sum, m) => sum + (rootDiskOf(m).gib === null ? mibPerImageDisk : mibPerMachine), 0);
  const spaceObstacles: readonly Obstacle[] =
    freeMiB < needed ? [message("disk-full", { folder, needed: String(needed), free: String(freeMiB) })] : [];
  const inodes: readonly Obstacle[] =
    freeInodes !== null && freeInodes < added * inodesPerMachine ? [message("inodes-used-up", { folder, free: String(freeInodes) })] : [];
  return [...spaceObstacles, ...inodes];
}

/** What a machine meets that starts. One that runs and is left alone has met it before, or does without. */
function startObstacles(q: HostQuestion): readonly Obstacle[] {
  const { spec, live, survey } = q;
  const { bridge } = networkOf(spec);
  const before = new Map(live?.machines.map((m) => [m.name, JSON.stringify(m)]));
  if (spec.machines.every((m) => before.get(m.name) === JSON.stringify(m))) return [];
  // libvirt switches forwarding on whenever it starts a network, so only one that runs is without it.
  const runs = ownNetwork(q) && survey.devices.includes(bridge);
  const off: readonly Obstacle[] = runs && survey.ipForwarding === false ? [message("ip-forwarding-off", { bridge })] : [];
  const dropped = survey.forwardDrops
    .filter((d) => !d.accepts.includes(bridge))
    .map(({ chain }): Obstacle => message("forwarding-dropped", { chain, bridge }));
  const missing = survey.appArmorMissing.join(", ");
  return [...off, ...dropped, ...(missing === "" ? [] : [message("confinement-incomplete", { missing })])];
}
