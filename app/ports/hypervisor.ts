import type { Owner } from "#app/domain/cluster/ownership.ts";

/** What Berth asks libvirt outside of a Pulumi run: is it there, what is on it, how much capacity is left. */
export interface Hypervisor {
  /** Resolves when libvirt answers; rejects with a sentence when it does not. */
  ping(): Promise<{ readonly uri: string; readonly libvirtVersion: string; readonly qemuVersion: string }>;
  capacity(): Promise<HostCapacity>;
  /**
   * Everything on the host whose name starts with `prefix` followed by `-` or equals it; null: the whole host, without
   * volumes. What belongs to whom is told by `owner`, never by the name.
   */
  inventory(prefix: string | null): Promise<Inventory>;
  /** Makes the read-only storage pool that holds an image folder known to libvirt (idempotent). */
  ensureImagePool(name: string, folder: string): Promise<void>;
  /** Cuts a machine's power at once; one that is off or absent is fine. For machines whose disk is given up. */
  switchOff(machine: string): Promise<void>;
  /** Names of the machines on the host that are switched off. */
  switchedOff(): Promise<readonly string[]>;
  /** Switches a machine on; one that is on is fine, one that is absent is an error. */
  switchOn(machine: string): Promise<void>;
  /** Cycles the power of a machine that runs; one that is off or absent is left as it is. */
  restart(machine: string): Promise<void>;
  /** Removes by exact name what an interrupted run left; absent is fine. A `bridge` is named by its network. */
  remove(kind: "machine" | "network" | "pool" | "bridge", name: string): Promise<void>;
  /**
   * Makes a storage pool usable of which a part is missing (its definition, its folder, or that it runs), so that what is in
   * it is listed and can be removed. Does nothing where both definition and folder are missing, and where the pool of this
   * name lies in another folder. Resolves to true when a part was missing.
   */
  openPool(name: string, folder: string): Promise<boolean>;
  removeVolume(pool: string, name: string): Promise<void>;
}

export interface HostCapacity {
  readonly hostName: string;
  readonly cpus: number;
  readonly memoryMiB: number;
  readonly freeMemoryMiB: number;
  /** Of the file system that holds machine disks. */
  readonly diskGiB: number;
  readonly freeDiskGiB: number;
}

export interface Inventory {
  readonly machines: readonly InventoryMachine[];
  readonly networks: readonly InventoryNetwork[];
  readonly pools: readonly InventoryPool[];
  readonly volumes: readonly { readonly pool: string; readonly name: string; readonly path: string; readonly capacityBytes: number }[];
}

export interface InventoryNetwork {
  readonly name: string;
  readonly active: boolean;
  /** It is off, and yet its bridge is there, with nothing on it: libvirt did not live to start or to stop it. */
  readonly bridgeLeft: boolean;
  readonly owner: Owner | null;
}

export interface InventoryPool {
  readonly name: string;
  readonly folder: string;
}

export interface InventoryMachine {
  readonly name: string;
  readonly state: "running" | "stopped" | "paused" | "other";
  /** It is off, and its memory is saved: it runs on when it is started. Absent: it is not. */
  readonly saved?: true | undefined;
  readonly memoryMiB: number;
  readonly vcpus: number;
  /** From the definition; null when Berth did not make it. */
  readonly owner: Owner | null;
}
