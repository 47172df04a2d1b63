/** The orphan store's contract in memory. */
import type { Orphan } from "#app/domain/operation/orphans.ts";
import type { OrphanStore } from "#app/ports/orphan-store.ts";

export function createMemoryOrphanStore(): OrphanStore {
  let kept: readonly Orphan[] = [];
  const key = (o: Orphan) => `${o.kind} ${o.name}`;
  return {
    list: async () => kept,
    replace: async (orphans) => {
      kept = orphans.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
    },
  };
}
