/** Ciphertext rows in memory. */
import type { SealedRows } from "#app/ports/sealed-rows.ts";

export function createMemorySealedRows(): SealedRows {
  const keys = new Map<string, string>();
  const rows = new Map<string, { readonly clusterId: string; readonly sealed: string }>();
  const place = (...parts: string[]) => JSON.stringify(parts);
  const keep = (map: Map<string, string>, key: string, value: string): string => {
    const kept = map.get(key) ?? value;
    map.set(key, kept);
    return kept;
  };
  return {
    wrappedKey: async (tenantId) => keys.get(tenantId) ?? null,
    keepWrappedKey: async (tenantId, wrapped) => keep(keys, tenantId, wrapped),
    anyWrappedKey: async () => keys.values().next().value ?? null,
    get: async (tenantId, clusterId, kind) => rows.get(place(tenantId, clusterId, kind))?.sealed ?? null,
    put: async (tenantId, clusterId, kind, sealed) => void rows.set(place(tenantId, clusterId, kind), { clusterId, sealed }),
    keep: async (tenantId, clusterId, kind, sealed) => {
      const at = place(tenantId, clusterId, kind);
      if (!rows.has(at)) rows.set(at, { clusterId, sealed });
      return rows.get(at)?.sealed ?? sealed;
    },
    removeCluster: async (clusterId) => {
      if (clusterId === "") return;
      for (const [at, row] of rows) if (row.clusterId === clusterId) rows.delete(at);
    },
  };
}
