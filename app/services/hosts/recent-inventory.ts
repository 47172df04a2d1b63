/** What libvirt says of a cluster's machines, asked once for all who look at the same moment. */
import type { HostId } from "#app/domain/host/libvirt-host.ts";
import type { ByHost } from "#app/ports/hosts/by-host.ts";
import type { Hypervisor, Inventory } from "#app/ports/hypervisor.ts";

export interface DatedInventory {
  readonly at: number;
  readonly inventory: Pick<Inventory, "machines">;
}

export type RecentInventory = (hostId: HostId, prefix: string) => Promise<DatedInventory>;

const answersKept = 200;

/** An answer is given to everybody who asks within `keptMs` of its request. */
export function recentInventory(hypervisors: ByHost<Pick<Hypervisor, "inventory">>, now: () => number, keptMs = 2_000): RecentInventory {
  const kept = new Map<string, { readonly askedAt: number; readonly answer: Promise<DatedInventory> }>();
  const ask = async (hostId: HostId, prefix: string): Promise<DatedInventory> => {
    const inventory = await hypervisors.of(hostId).inventory(prefix);
    return { at: now(), inventory };
  };
  return (hostId, prefix) => {
    const key = `${hostId} ${prefix}`;
    const earlier = kept.get(key);
    if (earlier !== undefined && now() - earlier.askedAt < keptMs) return earlier.answer;
    const answer = ask(hostId, prefix);
    kept.delete(key);
    kept.set(key, { askedAt: now(), answer });
    for (const oldest of kept.keys()) if (kept.size > answersKept) kept.delete(oldest);
    return answer;
  };
}
