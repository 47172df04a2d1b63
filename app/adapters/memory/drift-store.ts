/** The drift store's contract in memory. */
import { type DriftRecord, noRecord } from "#app/domain/drift/drift.ts";
import type { DriftStore } from "#app/ports/drift-store.ts";
import { type MemoryState, stored } from "./state.ts";

export function createMemoryDriftStore(state: MemoryState): DriftStore {
  const records = new Map<string, DriftRecord>();
  return {
    get: async (clusterId) => records.get(clusterId) ?? null,
    of: async (clusterIds) => new Map(clusterIds.flatMap((id) => (records.has(id) ? [[id, records.get(id) ?? noRecord] as const] : []))),
    wanted: async (limit) => {
      const asked = [...records].flatMap(([id, { wantedAt }]) =>
        wantedAt === null || state.cluster(id).cluster.state === "gone" ? [] : [{ id, wantedAt }],
      );
      return asked
        .toSorted((a, b) => a.wantedAt - b.wantedAt || (a.id < b.id ? -1 : 1))
        .slice(0, limit)
        .map(({ id }) => id);
    },
    change: async (clusterId, change) => {
      state.cluster(clusterId);
      const before = records.get(clusterId) ?? noRecord;
      const after = change(before);
      if (after === null) return before;
      records.set(clusterId, stored(after));
      return stored(after);
    },
  };
}
