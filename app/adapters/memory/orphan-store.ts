/** The orphan store's contract in memory. */
import type { HostId } from "#app/domain/host/libvirt-host.ts";
import type { Orphan } from "#app/domain/operation/orphans.ts";
import type { OrphanStore } from "#app/ports/orphan-store.ts";

export function createMemoryOrphanStore(): OrphanStore {
  const kept = new Map<HostId, readonly Orphan[]>();
  const key = (o: Orphan) => `${o.kind} ${o.name}`;
  return {
    list: async (hostId) => kept.get(hostId) ?? [],
    replace: async (hostId, orphans) => {
      kept.set(
        hostId,
        orphans.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)),
      );
    },
  };
}
