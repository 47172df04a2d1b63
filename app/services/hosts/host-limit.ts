/** What all clusters of a libvirt host together may have of it, by what libvirt reports now. */
import type { HostId } from "#app/domain/host/libvirt-host.ts";
import { type Capacity, hostLimits } from "#app/domain/plan/headroom.ts";
import type { ByHost } from "#app/ports/hosts/by-host.ts";
import type { HostStore } from "#app/ports/hosts/host-store.ts";
import type { HostCapacity, Hypervisor } from "#app/ports/hypervisor.ts";
import { registeredHost } from "./known-hosts.ts";

export interface HostLimitPorts {
  readonly hosts: Pick<HostStore, "get">;
  readonly hypervisors: ByHost<Pick<Hypervisor, "capacity">>;
}

/** Rejects when libvirt does not answer. */
export async function limitOfHost({ hosts, hypervisors }: HostLimitPorts, hostId: HostId): Promise<Capacity> {
  const { memoryReserveMiB } = await registeredHost(hosts, hostId);
  return limitFrom(await hypervisors.of(hostId).capacity(), memoryReserveMiB);
}

export const limitFrom = ({ cpus: vcpus, memoryMiB, diskGiB }: HostCapacity, memoryReserveMiB: number): Capacity =>
  hostLimits({ vcpus, memoryMiB, diskGiB }, memoryReserveMiB);
