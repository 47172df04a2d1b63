/** The hypervisor port on libvirt, through virsh. */
import { imagePoolPrefix } from "#app/domain/cluster/ownership.ts";
import { access, readFile, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { HostCapacity, Hypervisor, Inventory, InventoryMachine } from "#app/ports/hypervisor.ts";
import type { Rules } from "./firewall.ts";
import { bridgeLeftOf, clearHalfStarted, isUsed } from "./half-started.ts";
import { kibToMib, parseFields, parseMachines, parseNames, parseOwner, parsePool, parseVolume, parseVolumeNames } from "./parse.ts";
import type { RestartDaemon } from "./restart-daemon.ts";
import { type Virsh, virshAt } from "./virsh.ts";

export interface LibvirtOptions {
  /** The host's firewall rules; for tests. */
  readonly firewallRules?: () => Promise<Rules>;
  /** Restarts libvirt's daemon, where that is in Berth's hands. */
  readonly restartDaemon?: RestartDaemon;
  /** e.g. `qemu:///system`. */
  readonly uri: string;
  /** Folder below which machine disks lie; it need not exist yet. */
  readonly disksFolder: string;
  /** For tests with recorded answers. */
  readonly virsh?: Virsh;
}

export function libvirtHypervisor(options: LibvirtOptions): Hypervisor {
  const virsh = options.virsh ?? virshAt(options.uri);
  return {
    ping: () => ping(options.virsh ?? virshAt(options.uri, pingSeconds), options.uri),
    capacity: () => capacity(virsh, options.disksFolder),
    inventory: (prefix) => inventory(virsh, prefix),
    ensureImagePool: (name, folder) => ensureImagePool(virsh, name, folder),
    switchOff: (machine) => switchOff(virsh, machine),
    switchedOff: async () => parseNames(await virsh(["list", "--all", "--name", "--state-shutoff"])),
    switchOn: (machine) => switchOn(virsh, machine),
    restart: async (machine) => {
      if (await isOn(virsh, machine)) await virsh(["reset", machine]);
    },
    openPool: (name, folder) => openPool(virsh, name, folder),
    remove: (kind, name) => removals[kind](virsh, name),
    removeVolume: (pool, name) => removeVolume(virsh, pool, name),
  };
}

/** Workers and pages wait for this answer: a libvirt that hangs is as good as none. */
const pingSeconds = 8;

async function ping(virsh: Virsh, uri: string): ReturnType<Hypervisor["ping"]> {
  const fields = parseFields(await virsh(["version", "--daemon"]));
  const version = (key: string) => fields.get(key)?.replace(/^\D+/, "") ?? "unknown";
  return { uri, libvirtVersion: version("Running against daemon"), qemuVersion: version("Running hypervisor") };
}

async function capacity(virsh: Virsh, disksFolder: string): Promise<HostCapacity> {
  const hostName = (await virsh(["hostname"])).trim();
  const cpus = Number(parseFields(await virsh(["nodeinfo"])).get("CPU(s)") ?? 0);
  const memory = parseFields(await virsh(["nodememstats"]));
  const disk = await statfs(await existingFolder(disksFolder));
  const gib = (blocks: number) => Math.floor((blocks * disk.bsize) / 2 ** 30);
  return {
    hostName,
    cpus,
    memoryMiB: kibToMib(memory.get("total")),
    freeMemoryMiB: await availableMemoryMiB(memory),
    diskGiB: gib(disk.blocks),
    freeDiskGiB: gib(disk.bavail),
  };
}

/** The kernel's own estimate where this machine is the host; libvirt only knows free, buffers and cache apart. */
async function availableMemoryMiB(stats: ReadonlyMap<string, string>): Promise<number> {
  const meminfo = parseFields(await readFile("/proc/meminfo", "utf8").catch(() => ""));
  const sameHost = meminfo.get("MemTotal")?.split(" ")[0] === stats.get("total")?.split(" ")[0];
  const available = meminfo.get("MemAvailable");
  if (sameHost && available !== undefined) return kibToMib(available);
  return kibToMib(stats.get("free")) + kibToMib(stats.get("cached"));
}

/** The folder or the nearest one above it that exists. */
async function existingFolder(folder: string): Promise<string> {
  return await statfs(folder).then(
    () => folder,
    () => (folder === "/" ? folder : existingFolder(dirname(folder))),
  );
}

async function inventory(virsh: Virsh, prefix: string | null): Promise<Inventory> {
  const ours = (name: string) => prefix === null || name === prefix || name.startsWith(`${prefix}-`);
  const machines = await machinesOf(virsh, ours);
  const networks = await networksOf(virsh, ours);
  const poolNames = await poolsNow(virsh);
  const activePools = new Set(parseNames(await virsh(["pool-list", "--name"])));
  const pools = await present(
    poolNames.filter(ours),
    async (name) => parsePool(await virsh(["pool-dumpxml", name])),
    () => poolsNow(virsh),
  );
  const volumes: Inventory["volumes"][number][] = [];
  if (prefix !== null) for (const pool of poolNames) if (activePools.has(pool)) volumes.push(...(await volumesOf(virsh, pool, ours)));
  return { machines, networks, pools, volumes };
}

async function machinesOf(virsh: Virsh, ours: (name: string) => boolean): Promise<readonly InventoryMachine[]> {
  const found = parseMachines(await virsh(["domstats", "--state", "--balloon", "--vcpu"])).filter((m) => ours(m.name));
  const owners = new Map(
    await present(
      found.map((m) => m.name),
      async (name) => [name, parseOwner(await virsh(["dumpxml", name]))] as const,
      () => machinesNow(virsh),
    ),
  );
  const saved = new Set(found.length === 0 ? [] : parseNames(await virsh(["list", "--all", "--name", "--with-managed-save"])));
  return found.flatMap((m) => {
    const owner = owners.get(m.name);
    return owner === undefined ? [] : [{ ...m, ...(m.state === "stopped" && saved.has(m.name) ? { saved: true } : {}), owner }];
  });
}

async function networksOf(virsh: Virsh, ours: (name: string) => boolean): Promise<Inventory["networks"]> {
  const active = new Set(parseNames(await virsh(["net-list", "--name"])));
  const read = async (name: string) => {
    const definition = await virsh(["net-dumpxml", name]);
    return {
      name,
      active: active.has(name),
      bridgeLeft: !active.has(name) && (await hasUnusedBridge(definition)),
      owner: parseOwner(definition),
    };
  };
  return await present((await networksNow(virsh)).filter(ours), read, () => networksNow(virsh));
}

async function hasUnusedBridge(definition: string): Promise<boolean> {
  const bridge = await bridgeLeftOf(definition);
  return bridge !== null && !(await isUsed(bridge));
}

const machinesNow = async (virsh: Virsh) => parseNames(await virsh(["list", "--all", "--name"]));
const networksNow = async (virsh: Virsh) => parseNames(await virsh(["net-list", "--all", "--name"]));
const poolsNow = async (virsh: Virsh) => parseNames(await virsh(["pool-list", "--all", "--name"]));

/** All volumes of a pool that is ours; in a shared pool those with our name. */
async function volumesOf(virsh: Virsh, pool: string, ours: (name: string) => boolean): Promise<Inventory["volumes"]> {
  const list = async () => parseVolumeNames(await virsh(["vol-list", pool]));
  const names = await present([pool], list, () => poolsNow(virsh));
  const wanted = names.flat().filter((name) => ours(pool) || ours(name));
  const read = (name: string) => virsh(["vol-dumpxml", "--pool", pool, name]).then((text) => [parseVolume(pool, text)], absentFile);
  return (await present(wanted, read, list)).flat();
}

/** A pool that runs lists disks that were deleted as files, until it is refreshed. */
function absentFile(error: unknown): readonly never[] {
  if (error instanceof Error && error.message.includes("Storage volume not found")) return [];
  throw error;
}

/** Looks every name up; one that vanished between listing and looking is left out, any other error stays an error. */
async function present<T>(
  names: readonly string[],
  read: (name: string) => Promise<T>,
  namesNow: () => Promise<readonly string[]>,
): Promise<T[]> {
  const found: T[] = [];
  for (const name of names) {
    try {
      found.push(await read(name));
    } catch (error) {
      if ((await namesNow()).includes(name)) throw error;
    }
  }
  return found;
}

const isThere = (folder: string): Promise<boolean> =>
  access(folder).then(
    () => true,
    () => false,
  );

/** Image folders are named by content, so a pool of the same name with another folder is an older image's: replace it. */
async function ensureImagePool(virsh: Virsh, name: string, folder: string): Promise<void> {
  if ((await poolsNow(virsh)).includes(name)) {
    if (parsePool(await virsh(["pool-dumpxml", name])).folder !== folder) await removePoolDefinition(virsh, name);
  }
  if (!(await poolsNow(virsh)).includes(name)) await virsh(["pool-define-as", name, "dir", "--target", folder]);
  await virsh(["pool-autostart", name]);
  if (!parseNames(await virsh(["pool-list", "--name"])).includes(name)) await virsh(["pool-start", name]);
  await forgetImagePools(virsh);
}

/** Pools of images that are gone: they would stay off for ever, and libvirt would try to start each of them at every boot. */
async function forgetImagePools(virsh: Virsh): Promise<void> {
  const off = parseNames(await virsh(["pool-list", "--inactive", "--name"])).filter((name) => name.startsWith(imagePoolPrefix));
  const seen = await present(
    off,
    async (name) => parsePool(await virsh(["pool-dumpxml", name])),
    () => poolsNow(virsh),
  );
  for (const pool of seen) if (!(await isThere(pool.folder))) await removePoolDefinition(virsh, pool.name);
}

async function removePoolDefinition(virsh: Virsh, name: string): Promise<void> {
  if (parseNames(await virsh(["pool-list", "--name"])).includes(name)) await virsh(["pool-destroy", name]);
  await settledBy(virsh(["pool-undefine", name]), async () => !(await poolsNow(virsh)).includes(name));
}

const isOn = async (virsh: Virsh, machine: string): Promise<boolean> =>
  parseNames(await virsh(["list", "--name", "--state-running", "--state-paused", "--state-other"])).includes(machine);

async function switchOff(virsh: Virsh, machine: string): Promise<void> {
  if (await isOn(virsh, machine)) await settledBy(virsh(["destroy", machine]), async () => !(await isOn(virsh, machine)));
}

async function switchOn(virsh: Virsh, machine: string): Promise<void> {
  if (!(await isOn(virsh, machine))) await settledBy(virsh(["start", machine]), () => isOn(virsh, machine));
}

const removals: Record<Parameters<Hypervisor["remove"]>[0], (virsh: Virsh, name: string) => Promise<void>> = {
  machine: async (virsh, name) => {
    const absent = async () => !parseNames(await virsh(["list", "--all", "--name"])).includes(name);
    if (await absent()) return;
    await switchOff(virsh, name);
    if (await absent()) return;
    await settledBy(virsh(["undefine", name, "--nvram", "--managed-save", "--snapshots-metadata", "--checkpoints-metadata"]), absent);
  },
  network: async (virsh, name) => {
    const absent = async () => !parseNames(await virsh(["net-list", "--all", "--name"])).includes(name);
    if (await absent()) return;
    if (parseNames(await virsh(["net-list", "--name"])).includes(name)) await settledBy(virsh(["net-destroy", name]), absent);
    if (await absent()) return;
    // Before the definition goes: without it nobody could tell whose bridge that is.
    await settledBy(clearHalfStarted(virsh, name), absent);
    if (!(await absent())) await settledBy(virsh(["net-undefine", name]), absent);
  },
  bridge: async (virsh, network) => {
    const isOff = (await networksNow(virsh)).includes(network) && !parseNames(await virsh(["net-list", "--name"])).includes(network);
    if (isOff) await clearHalfStarted(virsh, network);
  },
  pool: async (virsh, name) => {
    if (!(await poolsNow(virsh)).includes(name)) return;
    if (parseNames(await virsh(["pool-list", "--name"])).includes(name)) await virsh(["pool-destroy", name]);
    // Removes the folder when it is empty; a folder with something foreign in it stays, and is seen as a file left.
    await virsh(["pool-delete", name]).catch(() => undefined);
    await settledBy(virsh(["pool-undefine", name]), async () => !(await poolsNow(virsh)).includes(name));
  },
};

async function openPool(virsh: Virsh, name: string, folder: string): Promise<boolean> {
  const isKnown = (await poolsNow(virsh)).includes(name);
  const hasFolder = await isThere(folder);
  if (!isKnown && !hasFolder) return false;
  if (isKnown && parsePool(await virsh(["pool-dumpxml", name])).folder !== folder) return false;
  const isActive = parseNames(await virsh(["pool-list", "--name"])).includes(name);
  // A pool that runs lists disks that were deleted as files, until it is refreshed.
  if (isActive && hasFolder) return await virsh(["pool-refresh", name]).then(() => false);
  if (isActive) await virsh(["pool-destroy", name]);
  if (!(await poolsNow(virsh)).includes(name)) await virsh(["pool-define-as", name, "dir", "--target", folder]);
  if (!hasFolder) await virsh(["pool-build", name]);
  await virsh(["pool-start", name]);
  return true;
}

async function removeVolume(virsh: Virsh, pool: string, name: string): Promise<void> {
  const absent = async () => {
    if (!parseNames(await virsh(["pool-list", "--name"])).includes(pool)) return true;
    return !parseVolumeNames(await virsh(["vol-list", pool])).includes(name);
  };
  if (await absent()) return;
  await settledBy(virsh(["vol-delete", "--pool", pool, name]), absent);
}

/** Somebody else may do the same thing at the same moment: what counts is that it is done. */
async function settledBy(step: Promise<unknown>, isDone: () => Promise<boolean>): Promise<void> {
  try {
    await step;
  } catch (error) {
    if (!(await isDone())) throw error;
  }
}
