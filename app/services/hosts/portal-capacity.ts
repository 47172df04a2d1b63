/** Capacity of the libvirt host as pages, API and forms show it. Memory is in MiB, disk in GiB. */
import type { Capacity } from "#app/domain/plan/headroom.ts";

export interface Amount {
  /** What all clusters together may have. */
  readonly total: number;
  /** Reserved: by what lives, and by what is approved. */
  readonly committed: number;
  /** What a new cluster can still take. */
  readonly left: number;
}

/** A cluster with what it has reserved of the libvirt host. */
export interface Holder extends Capacity {
  readonly tenant: string;
  readonly cluster: string;
}

/** Who has reserved capacity: by name where this person may see the cluster, the rest as a sum. */
export interface HeldBy {
  /** Those with the most memory, at most ten. */
  readonly clusters: readonly Holder[];
  /** All others together; null: there are none. */
  readonly others: (Capacity & { readonly clusters: number }) | null;
}

export interface RoomLeft {
  /** False when libvirt did not answer; then the numbers are what the portal itself knows. */
  readonly reachable: boolean;
  readonly hostName: string;
  readonly vcpus: Amount;
  readonly memoryMiB: Amount;
  readonly diskGiB: Amount;
  /** Networks of the address range, one per cluster. */
  readonly networks: Amount;
  /** MiB kept back for the host itself. */
  readonly memoryReserveMiB: number;
  readonly heldBy: HeldBy;
}

/** Sums over all machines of one revision. */
export interface ClusterSize extends Capacity {
  readonly controlPlanes: number;
  readonly workers: number;
}
