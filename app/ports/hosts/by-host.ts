import type { HostId } from "#app/domain/host/libvirt-host.ts";
import type { HostCheck } from "#app/ports/host-check.ts";
import type { HostInspection } from "#app/ports/host-inspection.ts";
import type { Hypervisor } from "#app/ports/hypervisor.ts";

/** The same for each libvirt host. */
export interface ByHost<T> {
  /** Throws a sentence for a host that this process does not know how to reach. */
  of(hostId: HostId): T;
}

export type Hypervisors = ByHost<Hypervisor>;
export type HostChecks = ByHost<HostCheck>;
export type HostInspections = ByHost<HostInspection>;
