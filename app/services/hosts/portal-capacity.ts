/** Capacity of the libvirt host as pages, API and forms show it. Memory is in MiB, disk in GiB. */
import type { clusterSize } from "#app/contract/clusters.ts";
import type { amount, heldBy, holder, hostCapacity } from "#app/contract/hosts.ts";
import type { Answer } from "#app/contract/shapes.ts";

export type Amount = Answer<typeof amount>;
export type Holder = Answer<typeof holder>;
export type HeldBy = Answer<typeof heldBy>;
export type CapacityLeft = Answer<typeof hostCapacity>;
export type ClusterSize = Answer<typeof clusterSize>;
