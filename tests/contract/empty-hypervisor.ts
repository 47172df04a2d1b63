import type { ByHost } from "#app/ports/hosts/by-host.ts";
import type { Hypervisor } from "#app/ports/hypervisor.ts";

const nothing = (): Promise<void> => Promise.resolve();

/** A large libvirt host with nothing on it, which does nothing: for what makes no machines. A test says what it wants otherwise. */
export const emptyHypervisor: Hypervisor = {
  ping: () => Promise.resolve({ uri: "none", libvirtVersion: "0", qemuVersion: "0" }),
  capacity: () => Promise.resolve({ hostName: "none", cpus: 64, memoryMiB: 1e6, freeMemoryMiB: 1e6, diskGiB: 1e6, freeDiskGiB: 1e6 }),
  inventory: () => Promise.resolve({ machines: [], networks: [], pools: [], volumes: [] }),
  ensureImagePool: nothing,
  remove: nothing,
  removeVolume: nothing,
  openPool: () => Promise.resolve(false),
  switchOff: nothing,
  switchedOff: () => Promise.resolve([]),
  switchOn: nothing,
  restart: nothing,
};

/** The same adapter for every libvirt host. */
export const everywhere = <T>(adapter: T): ByHost<T> => ({ of: () => adapter });
