import type { HostId, HostRegistration, LibvirtHost } from "#app/domain/host/libvirt-host.ts";

/** The libvirt hosts that clusters can be on. */
export interface HostStore {
  /** By id. */
  list(): Promise<readonly LibvirtHost[]>;
  get(id: HostId): Promise<LibvirtHost | null>;
  /** Writes what settings decide. A host that is new is open; of one that is registered already the state stays. */
  register(host: HostRegistration): Promise<LibvirtHost>;
}
