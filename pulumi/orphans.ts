/**
 * What an interrupted run left on the libvirt host without a record in the stack's state: found by the stack's name
 * prefix, removed before the run goes on, so that nothing exists twice.
 */
import type { Hypervisor, Inventory } from "#app/ports/hypervisor.ts";
import type { StackState } from "./stack-files.ts";

export interface Orphans {
  readonly machines: readonly string[];
  readonly volumes: readonly { readonly pool: string; readonly name: string }[];
  readonly networks: readonly string[];
  readonly pools: readonly string[];
}

/** Everything of the inventory that the state does not own. Pure. */
export function findOrphans(inventory: Inventory, state: StackState | null): Orphans {
  const owned = ownedBy(state);
  const free = (kind: string, name: string) => !owned.has(`${kind} ${name}`);
  return {
    machines: inventory.machines.map((m) => m.name).filter((n) => free("Domain", n)),
    volumes: inventory.volumes.filter((v) => free("Volume", `${v.pool}/${v.name}`)).map(({ pool, name }) => ({ pool, name })),
    networks: inventory.networks.map((n) => n.name).filter((n) => free("Network", n)),
    pools: inventory.pools.map((p) => p.name).filter((n) => free("Pool", n)),
  };
}

function ownedBy(state: StackState | null): ReadonlySet<string> {
  const owned = new Set<string>();
  for (const r of state?.resources ?? []) {
    const kind = /^libvirt:.*:(Domain|Volume|Network|Pool)$/.exec(r.type)?.[1];
    const name = r.outputs?.name;
    if (kind === undefined || typeof name !== "string") continue;
    owned.add(kind === "Volume" ? `Volume ${String(r.outputs?.pool ?? "default")}/${name}` : `${kind} ${name}`);
  }
  return owned;
}

/** Removes them, users before what they use; returns one sentence each. */
export async function removeOrphans(hypervisor: Hypervisor, orphans: Orphans): Promise<readonly string[]> {
  const notes: string[] = [];
  for (const name of orphans.machines) {
    await hypervisor.remove("machine", name);
    notes.push(`removed machine ${name}, which was begun and not recorded`);
  }
  for (const { pool, name } of orphans.volumes) {
    await hypervisor.removeVolume(pool, name);
    notes.push(`removed disk ${name}, which was begun and not recorded`);
  }
  for (const name of orphans.networks) {
    await hypervisor.remove("network", name);
    notes.push(`removed network ${name}, which was begun and not recorded`);
  }
  for (const name of orphans.pools) {
    await hypervisor.remove("pool", name);
    notes.push(`removed storage pool ${name}, which was begun and not recorded`);
  }
  return notes;
}
