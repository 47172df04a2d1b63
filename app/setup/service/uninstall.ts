/** `berth uninstall`: takes away what Berth put on this machine, once there is no cluster any more. */
import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { parseMachines, parseNames, parseOwner } from "#app/adapters/libvirt/parse.ts";
import type { Virsh } from "#app/adapters/libvirt/virsh.ts";
import { imagePoolPrefix } from "#app/domain/cluster/ownership.ts";
import { tryLock } from "#app/foundation/lock.ts";
import { runFolder } from "#app/setup/launcher/portal.ts";
import {
  demandRoot,
  removeOwn,
  runsAsService,
  type ServiceContext,
  ServiceRefused,
  startUnit,
  stopUnit,
  uninstallService,
} from "./service.ts";
import { treeMark } from "./places.ts";

export interface Uninstall {
  /** Null where no libvirt can be asked. */
  readonly virsh: Virsh | null;
  /** Ends a libvirt of Berth's own. */
  readonly stopOwnLibvirt: () => Promise<void>;
  readonly home: boolean;
  readonly cache: boolean;
}

const State = z.object({
  checkpoint: z.object({ latest: z.object({ resources: z.array(z.object({ type: z.string() })).default([]) }).nullish() }),
});

/** Names of stacks whose state has something in it. A state that cannot be read counts as a cluster. */
export async function stacksWithResources(home: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const tenant of await readdir(join(home, "tenants")).catch(() => [])) {
    const stacks = join(home, "tenants", tenant, "state", ".pulumi", "stacks");
    const files = (await readdir(stacks, { recursive: true }).catch(() => [])).filter((name) => name.endsWith(".json"));
    for (const file of files) if (await hasResources(join(stacks, file))) found.push(basename(file, ".json"));
  }
  return found;
}

async function hasResources(file: string): Promise<boolean> {
  const read = State.safeParse(
    await readFile(file, "utf8")
      .then((text) => JSON.parse(text) as unknown)
      .catch(() => null),
  );
  // The stack itself and its providers are left when everything else is gone.
  return (
    !read.success ||
    (read.data.checkpoint.latest?.resources ?? []).some((r) => r.type !== "pulumi:pulumi:Stack" && !r.type.startsWith("pulumi:providers:"))
  );
}

/** Machines and networks on the host that carry Berth's owner. */
async function ownedOnHost(virsh: Virsh): Promise<readonly string[]> {
  const machines = parseMachines(await virsh(["domstats", "--state", "--balloon", "--vcpu"])).map((m) => m.name);
  const networks = parseNames(await virsh(["net-list", "--all", "--name"]));
  const owned: string[] = [];
  for (const name of machines) if (parseOwner(await virsh(["dumpxml", name])) !== null) owned.push(`machine ${name}`);
  for (const name of networks) if (parseOwner(await virsh(["net-dumpxml", name])) !== null) owned.push(`network ${name}`);
  return owned;
}

/** Throws while anything is left that only Berth can take down in good order. */
export async function demandNoClusters(c: ServiceContext, u: Uninstall): Promise<void> {
  const left = [...(await stacksWithResources(c.config.home)), ...(u.virsh === null ? [] : await ownedOnHost(u.virsh))];
  if (left.length > 0) throw new ServiceRefused(`there are still clusters: ${left.join(", ")}. Destroy them first (berth cluster destroy)`);
  if (await runsAsService(c)) return;
  const release = await tryLock(join(runFolder(c.config.home), "launcher.lock"));
  if (release === null) throw new ServiceRefused("Berth runs in a terminal: end it there first");
  await release();
}

/** What will be removed, and what stays unless it is asked for; for a person to read before it happens. */
export async function listUninstall(c: ServiceContext, u: Uninstall): Promise<readonly string[]> {
  const { places, config } = c;
  const files = [places.unit, places.guestsOrder, places.command, places.settings].filter((file) => existsSync(file));
  const tree = existsSync(join(places.tree, treeMark)) ? [places.tree] : [];
  const pools = u.virsh === null ? [] : (await imagePools(u.virsh)).map((name) => `libvirt pool ${name}`);
  const folder = (asked: boolean, path: string, flag: string) => (asked ? [path] : [`(stays: ${path}; ${flag} removes it)`]);
  return [...files, ...tree, ...pools, ...folder(u.home, config.home, "--home"), ...folder(u.cache, config.cache, "--cache")];
}

const imagePools = async (virsh: Virsh): Promise<readonly string[]> =>
  parseNames(await virsh(["pool-list", "--all", "--name"])).filter((name) => name.startsWith(imagePoolPrefix));

/** Refused while there are clusters, and then nothing has changed. */
export async function uninstall(c: ServiceContext, u: Uninstall): Promise<void> {
  demandRoot(c);
  await stopWithoutClusters(c, u);
  if (u.virsh !== null) for (const name of await imagePools(u.virsh)) await removePool(u.virsh, name, c.say);
  await u.stopOwnLibvirt();
  await removeOwn(c.places.settings, c.say);
  // The tree goes with the service, and this program may run from it: nothing is loaded after this.
  await uninstallService(c);
  if (u.home) await removeFolder(c.config.home, c.say);
  if (u.cache) await removeFolder(c.config.cache, c.say);
}

/** While Berth runs somebody can make another cluster, and it starts a libvirt of its own again that was stopped. */
async function stopWithoutClusters(c: ServiceContext, u: Uninstall): Promise<void> {
  const ran = c.systemd && (await runsAsService(c));
  if (c.systemd) await stopUnit(c);
  try {
    await demandNoClusters(c, u);
  } catch (error) {
    if (ran) await startUnit(c);
    throw error;
  }
}

async function removePool(virsh: Virsh, name: string, say: (line: string) => void): Promise<void> {
  if (parseNames(await virsh(["pool-list", "--name"])).includes(name)) await virsh(["pool-destroy", name]);
  await virsh(["pool-undefine", name]);
  say(`removed libvirt pool ${name}`);
}

/** A folder that something is mounted on cannot go, but everything in it can. */
async function removeFolder(folder: string, say: (line: string) => void): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) await rm(join(folder, name), { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  say(`removed ${folder}`);
}
