/** Drift records: one document per cluster. */
import { type DriftRecord, noRecord } from "#app/domain/drift/drift.ts";
import type { DriftStore } from "#app/ports/drift-store.ts";
import type { BerthDatabase } from "#app/adapters/sql/database/database.ts";
import { forUpdate } from "#app/adapters/sql/database/locks.ts";

/** Rows of earlier versions held what was asked about them; that lies with the operation now. */
const readRecord = (document: string): DriftRecord =>
  JSON.parse(document, (key, value: unknown) => (key === "asked" ? undefined : value)) as DriftRecord;

export function createDriftStore({ engine, reader, writer }: BerthDatabase): DriftStore {
  return {
    get: async (clusterId) => {
      const row = await reader.selectFrom("drift").select("document").where("cluster_id", "=", clusterId).executeTakeFirst();
      return row ? readRecord(row.document) : null;
    },
    of: async (clusterIds) => {
      if (clusterIds.length === 0) return new Map();
      const rows = await reader
        .selectFrom("drift")
        .selectAll()
        .where("cluster_id", "in", [...clusterIds])
        .execute();
      return new Map(rows.map((r) => [r.cluster_id, readRecord(r.document)]));
    },
    wanted: async (limit) => {
      const asked = reader
        .selectFrom("drift as d")
        .innerJoin("clusters as c", "c.id", "d.cluster_id")
        .select("d.cluster_id")
        .where("d.wanted_at", "is not", null)
        .where("c.state", "<>", "gone");
      return (await asked.orderBy("d.wanted_at").orderBy("d.cluster_id").limit(limit).execute()).map((r) => r.cluster_id);
    },
    change: (clusterId, change) =>
      writer.transaction().execute(async (trx) => {
        // The cluster's row is the lock: a record that does not exist yet has none of its own.
        const cluster = await forUpdate(engine, trx.selectFrom("clusters").select("id").where("id", "=", clusterId)).executeTakeFirst();
        if (!cluster) throw new Error(`changing the drift record of cluster ${clusterId}: there is no such cluster`);
        const row = await trx.selectFrom("drift").select("document").where("cluster_id", "=", clusterId).executeTakeFirst();
        const before = row ? readRecord(row.document) : noRecord;
        const after = change(before);
        if (after === null) return before;
        const columns = { document: JSON.stringify(after), wanted_at: after.wantedAt };
        await trx
          .insertInto("drift")
          .values({ cluster_id: clusterId, ...columns })
          .onConflict((c) => c.column("cluster_id").doUpdateSet(columns))
          .execute();
        return after;
      }),
  };
}
