/** The host store's contract in memory. */
import type { HostId, LibvirtHost } from "#app/domain/host/libvirt-host.ts";
import type { HostStore } from "#app/ports/hosts/host-store.ts";

export function createMemoryHostStore(): HostStore {
  const kept = new Map<HostId, LibvirtHost>();
  return {
    list: async () => [...kept.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    get: async (id) => kept.get(id) ?? null,
    register: async (host) => {
      const registered = { ...host, state: kept.get(host.id)?.state ?? "open" };
      kept.set(host.id, registered);
      return registered;
    },
  };
}
