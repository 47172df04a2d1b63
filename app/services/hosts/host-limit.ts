/** What all clusters together may have of the libvirt host, by what libvirt says of it now. */
import { type Capacity, hostLimits } from "#app/domain/plan/headroom.ts";
import type { Hypervisor } from "#app/ports/hypervisor.ts";

export interface HostLimitPorts {
  readonly hypervisor: Pick<Hypervisor, "capacity">;
  /** MiB of the host's memory that no plan may use. */
  readonly memoryReserveMiB: number;
}

/** Rejects when libvirt does not answer. */
export async function limitOfHost({ hypervisor, memoryReserveMiB }: HostLimitPorts): Promise<Capacity> {
  const { cpus: vcpus, memoryMiB, diskGiB } = await hypervisor.capacity();
  return hostLimits({ vcpus, memoryMiB, diskGiB }, memoryReserveMiB);
}
