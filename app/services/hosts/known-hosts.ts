/** What a process knows of each libvirt host, and what is registered of it. */
import type { HostId, LibvirtHost } from "#app/domain/host/libvirt-host.ts";
import type { ByHost } from "#app/ports/hosts/by-host.ts";
import type { HostStore } from "#app/ports/hosts/host-store.ts";

/** From a table whose keys are hosts. */
export function byHost<T>(known: Readonly<Record<HostId, T>>): ByHost<T> {
  const table = new Map(Object.entries(known));
  return {
    of: (hostId) => {
      const found = table.get(hostId);
      if (found === undefined) throw new Error(`reaching the libvirt host ${hostId}: this process has no settings for it`);
      return found;
    },
  };
}

/** Rejects with a sentence for a host that nobody has registered. */
export async function registeredHost(hosts: Pick<HostStore, "get">, hostId: HostId): Promise<LibvirtHost> {
  const host = await hosts.get(hostId);
  if (host === null) throw new Error(`reading the libvirt host ${hostId}: it is not registered`);
  return host;
}
