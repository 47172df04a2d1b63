/**
 * A machine on which libvirt runs clusters. What a cluster takes (capacity, a network of the address range, a block of
 * published ports) it takes of one host, so all of this is counted per host. How libvirt on it is reached is a setting of
 * the processes that reach it, and not part of this record.
 */
import { indexLimit } from "#app/domain/network/addresses.ts";

export type HostId = string;

/** The host that set-up registers, and on which every cluster of earlier versions is. */
export const localHost: HostId = "local";

export const hostStates = ["open", "closed"] as const;
/** `closed`: keeps the clusters that it has, and gets no further one. */
export type HostState = (typeof hostStates)[number];

export interface LibvirtHost {
  readonly id: HostId;
  /** A person's word for it. */
  readonly name: string;
  readonly state: HostState;
  /** Clusters take their /24 networks from it, e.g. `10.91.0.0/16`. */
  readonly networkRange: string;
  /** First published port. */
  readonly portBase: number;
  /** Name or address by which its published ports are reached from outside. */
  readonly publishedHost: string;
  /** MiB of its memory that no plan may use. */
  readonly memoryReserveMiB: number;
}

/** What an operator's settings decide; the state is decided by people. */
export type HostRegistration = Omit<LibvirtHost, "state">;

/** How many clusters its addresses and ports are enough for. */
export const networksOf = ({ networkRange, portBase }: Pick<LibvirtHost, "networkRange" | "portBase">): number =>
  indexLimit(networkRange, portBase);
