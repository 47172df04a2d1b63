/** One machine of a cluster: its address, MAC, disks and host key. */
import { machineAddress, machineMac, slotAt } from "#app/domain/network/addresses.ts";
import { machineName } from "./names.ts";
import type { MachineSize } from "./sizes.ts";
import { addressOf, type DiskSource, type ImageRef, type MachineRole, type MachineSpec, type NodeRole } from "./spec.ts";

export interface Placement {
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

export const hasSizedDisks = ({ disks }: MachineSpec): boolean => disks.every((d) => d.gib !== null);

interface NewMachine extends MachineSize {
  readonly role: NodeRole;
  readonly pool: string | null;
  readonly slot: number;
  readonly diskGiB: number;
}

export const newMachine = (p: Placement, m: NewMachine, sinceRevision: number): MachineSpec =>
  machineAt(p, { ...m, name: machineName(m.role, m.slot), image: p.image, diskGiB: p.sizedDisks ? m.diskGiB : null }, sinceRevision);

interface NewServiceMachine extends MachineSize {
  readonly name: string;
  /** From 0, in all services of the cluster together. */
  readonly slot: number;
  /** Null: as large as its image. */
  readonly diskGiB: number | null;
  readonly image: ImageRef;
}

export const newServiceMachine = (p: Placement, m: NewServiceMachine, sinceRevision: number): MachineSpec =>
  machineAt(p, { ...m, role: "service", pool: null }, sinceRevision);

interface MachineAt extends NewServiceMachine {
  readonly role: MachineRole;
  readonly pool: string | null;
}

function machineAt(
  p: Placement,
  { name, role, pool, slot, image, vcpus, memoryMiB, diskGiB }: MachineAt,
  sinceRevision: number,
): MachineSpec {
  const sshHostKey = p.hostKeys[name];
  if (sshHostKey === undefined) throw new Error(`deciding machine ${name}: it has no SSH host key`);
  return {
    name,
    libvirtName: `${p.prefix}-${name}`,
    role,
    pool,
    image,
    vcpus,
    memoryMiB,
    disks: [{ gib: diskGiB, source: p.diskSource }],
    interfaces: [{ network: p.network, mac: machineMac(p.networkIndex, role, slot), address: machineAddress(p.cidr, role, slot) }],
    sshHostKey,
    sinceRevision,
  };
}

/** A machine's slot: the one whose address it has. */
export function slotOf(cidr: string, machine: MachineSpec): number {
  const slot = slotAt(cidr, machine.role, addressOf(machine));
  if (slot === null)
    throw new Error(`machine ${machine.name} has ${addressOf(machine)}, which is no address of a ${machine.role} in ${cidr}`);
  return slot;
}

/** Order in which a spec lists its machines. */
export const byAddress = (a: MachineSpec, b: MachineSpec): number => addressOf(a).localeCompare(addressOf(b), "en", { numeric: true });
