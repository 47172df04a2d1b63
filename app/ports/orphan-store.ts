import type { HostId } from "#app/domain/host/libvirt-host.ts";
import type { Orphan } from "#app/domain/operation/orphans.ts";

/** What the last sweep of each libvirt host found that no cluster owns. */
export interface OrphanStore {
  /** Of this host, by kind and name. */
  list(hostId: HostId): Promise<readonly Orphan[]>;
  /** In the place of everything that was found on this host. */
  replace(hostId: HostId, orphans: readonly Orphan[]): Promise<void>;
}
