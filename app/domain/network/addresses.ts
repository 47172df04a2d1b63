/**
 * One network index per cluster decides its /24, its bridge, the MACs of its machines and its block of published
 * ports, so nothing needs a second allocation and two clusters can never collide.
 */
import { type Cidr, formatCidr, formatIpv4, parseCidr, parseIpv4, sizeOf } from "./ipv4.ts";
import type { MachineRole } from "#app/domain/cluster/spec.ts";

export const defaultRange = "10.91.0.0/16";
export const defaultPortBase = 20_000;
/**
 * Ports per cluster: 0 is the API server, 1 + a worker's slot leads to its SSH; control planes have 1, and the last ones; service
 * machines have those between.
 */
export const portsPerCluster = 64;

const virtualOctet = 9;
const controlPlaneOctet = 10;
const workerOctet = 20;
/** Beyond the last slot that a worker can take. */
const serviceOctet = 230;
/** Between those of 50 workers and those of five control planes. */
const serviceSshOffset = 52;

/** The operator's range. Throws a sentence when it cannot hold even one /24. */
export function machineRange(text: string): Cidr {
  const range = parseCidr(text);
  if (!range) throw new Error(`the machine range ${JSON.stringify(text)} is not an IPv4 range like ${defaultRange}`);
  if (range.bits > 24) throw new Error(`the machine range ${text} is smaller than the /24 that one cluster takes`);
  return range;
}

/** How many clusters fit, by addresses and by ports. */
export function indexLimit(range: string, portBase: number): number {
  const byAddress = Math.floor(sizeOf(machineRange(range)) / 256);
  const byPort = Math.floor((65_536 - portBase) / portsPerCluster);
  return Math.max(0, Math.min(byAddress, byPort, 65_536));
}

export interface ClusterAddresses {
  readonly cidr: string;
  readonly gateway: string;
  readonly bridge: string;
}

export function clusterAddresses(range: string, index: number): ClusterAddresses {
  const base = networkBase(range, index);
  return { cidr: formatCidr({ base, bits: 24 }), gateway: formatIpv4(base + 1), bridge: `berth${index}` };
}

function networkBase(range: string, index: number): number {
  const { base, bits } = machineRange(range);
  if (!Number.isInteger(index) || index < 0 || index >= 2 ** (24 - bits)) {
    throw new RangeError(`network index ${index} lies outside ${range}`);
  }
  return base + index * 256;
}

/** `slot`: from 0 for control planes and service machines, from 1 for workers. */
const lastOctet = (role: MachineRole, slot: number): number => firstOctets[role] + slot;

const firstOctets: Readonly<Record<MachineRole, number>> = {
  "control-plane": controlPlaneOctet,
  worker: workerOctet,
  service: serviceOctet,
};

/** `cidr`: the /24 of the cluster. Throws when it is none. */
export const machineAddress = (cidr: string, role: MachineRole, slot: number): string => addressIn(cidr, lastOctet(role, slot));

/** The address that the control planes of a cluster share. No machine has it for itself. */
export const virtualAddress = (cidr: string): string => addressIn(cidr, virtualOctet);

function addressIn(cidr: string, octet: number): string {
  const range = parseCidr(cidr);
  if (!range) throw new Error(`deciding an address: ${JSON.stringify(cidr)} is no IPv4 range`);
  return formatIpv4(range.base + octet);
}

/** The slot that has this address; null for an address that no machine of the role has in this /24. */
export function slotAt(cidr: string, role: MachineRole, address: string): number | null {
  const [range, number] = [parseCidr(cidr), parseIpv4(address)];
  if (!range || number === null) return null;
  const slot = number - range.base - firstOctets[role];
  return slot >= 0 && slot + firstOctets[role] < 255 ? slot : null;
}

/** In QEMU's own block; the index and the last octet make it unique on the host. */
export function machineMac(index: number, role: MachineRole, slot: number): string {
  const tail = [Math.floor(index / 256), index % 256, lastOctet(role, slot)];
  return `52:54:00:${tail.map((n) => n.toString(16).padStart(2, "0")).join(":")}`;
}

export const apiPort = (portBase: number, index: number): number => portBase + portsPerCluster * index;

const sshOffsets: Readonly<Record<MachineRole, (slot: number) => number>> = {
  // The first has the place before the workers; further ones have the last places.
  "control-plane": (slot) => (slot === 0 ? 1 : portsPerCluster - slot),
  worker: (slot) => 1 + slot,
  service: (slot) => serviceSshOffset + slot,
};

export const sshPort = (portBase: number, index: number, role: MachineRole, slot: number): number =>
  apiPort(portBase, index) + sshOffsets[role](slot);
