/** Ciphertext rows of the secret store. */
import type { SealedRows } from "#app/ports/sealed-rows.ts";
import type { BerthDatabase } from "#app/adapters/sql/database/database.ts";

export function createSealedRows(database: BerthDatabase): SealedRows {
  const { reader, writer } = database;
  const key = async (tenantId: string) =>
    (await reader.selectFrom("tenant_keys").select("wrapped").where("tenant_id", "=", tenantId).executeTakeFirst())?.wrapped ?? null;
  const get = async (tenantId: string, clusterId: string, kind: string) => {
    const query = reader.selectFrom("sealed").select("sealed").where("tenant_id", "=", tenantId).where("cluster_id", "=", clusterId);
    return (await query.where("kind", "=", kind).executeTakeFirst())?.sealed ?? null;
  };
  return {
    wrappedKey: key,
    keepWrappedKey: async (tenantId, wrapped) => {
      await writer
        .insertInto("tenant_keys")
        .values({ tenant_id: tenantId, wrapped })
        .onConflict((c) => c.doNothing())
        .execute();
      return (await key(tenantId)) ?? wrapped;
    },
    anyWrappedKey: async () => (await reader.selectFrom("tenant_keys").select("wrapped").limit(1).executeTakeFirst())?.wrapped ?? null,
    get,
    put: async (tenantId, clusterId, kind, sealed) => {
      await writer
        .insertInto("sealed")
        .values({ tenant_id: tenantId, cluster_id: clusterId, kind, sealed })
        .onConflict((c) => c.columns(["cluster_id", "tenant_id", "kind"]).doUpdateSet({ sealed }))
        .execute();
    },
    keep: async (tenantId, clusterId, kind, sealed) => {
      const values = { tenant_id: tenantId, cluster_id: clusterId, kind, sealed };
      await writer
        .insertInto("sealed")
        .values(values)
        .onConflict((c) => c.doNothing())
        .execute();
      return (await get(tenantId, clusterId, kind)) ?? sealed;
    },
    removeCluster: async (clusterId) => {
      // What belongs to tenants themselves has no cluster, and must survive a careless call.
      if (clusterId !== "") await writer.deleteFrom("sealed").where("cluster_id", "=", clusterId).execute();
    },
  };
}
