/** What libvirt says of a cluster's machines, asked once for all who look at the same moment. */
import type { Hypervisor, Inventory } from "#app/ports/hypervisor.ts";

export interface DatedInventory {
  readonly at: number;
  readonly inventory: Pick<Inventory, "machines">;
}

export type RecentInventory = (prefix: string) => Promise<DatedInventory>;

const answersKept = 200;

/** An answer is given to everybody who asks within `keptMs` of its request. */
export function recentInventory(hypervisor: Pick<Hypervisor, "inventory">, now: () => number, keptMs = 2_000): RecentInventory {
  const kept = new Map<string, { readonly askedAt: number; readonly answer: Promise<DatedInventory> }>();
  return (prefix) => {
    const earlier = kept.get(prefix);
    if (earlier !== undefined && now() - earlier.askedAt < keptMs) return earlier.answer;
    const answer = hypervisor.inventory(prefix).then((inventory) => ({ at: now(), inventory }));
    kept.delete(prefix);
    kept.set(prefix, { askedAt: now(), answer });
    for (const oldest of kept.keys()) if (kept.size > answersKept) kept.delete(oldest);
    return answer;
  };
}
