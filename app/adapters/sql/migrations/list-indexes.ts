/**
 * 0015: indexes for pages of clusters and operations and for members of a tenant, and a column for who asked for a drift check,
 * so that nobody reads every record to find out.
 */
import { type Kysely, sql } from "kysely";
import type { DriftRecord } from "#app/domain/drift/drift.ts";

type Db = Kysely<Record<string, never>>;

export async function addListIndexes(db: Db): Promise<void> {
  const living = sql<boolean>`state <> 'gone'`;
  const on = (name: string) => db.schema.createIndex(name).on("clusters");
  await on("clusters_by_name").columns(["name", "id"]).where(living).execute();
  await on("clusters_by_tenant_name").columns(["tenant_id", "name", "id"]).execute();
  await on("clusters_by_tenant_state").columns(["tenant_id", "state"]).execute();
  await on("clusters_removed").columns(["tenant_id", "gone_at", "id"]).where(sql<boolean>`state = 'gone'`).execute();
  await on("clusters_removed_by_name")
    .columns(["tenant_id", "name", "gone_at", "created_at", "id"])
    .where(sql<boolean>`state = 'gone'`)
    .execute();
  await db.schema.createIndex("memberships_by_tenant").on("memberships").column("tenant_id").execute();
  await addOperationIndexes(db);
  await addWantedChecks(db);
}

/** For lists of one state, and for the newest of one kind that came to a good end, from which the next one's time is estimated. */
async function addOperationIndexes(db: Db): Promise<void> {
  const on = (name: string) => db.schema.createIndex(name).on("operations");
  await on("operations_by_state").columns(["state", "requested_at", "id"]).execute();
  await on("operations_by_kind").columns(["kind", "state", "ended_at"]).execute();
  // Without it SQLite looks through all of the kind for each operation whose cluster is asked about.
  await on("operations_by_cluster_kind").columns(["cluster_id", "kind", "state", "ended_at"]).execute();
}

async function addWantedChecks(db: Db): Promise<void> {
  await db.schema.alterTable("drift").addColumn("wanted_at", "bigint").execute();
  await eachRecord(db, async (clusterId, { wantedAt }) => {
    if (wantedAt !== null) await sql`update drift set wanted_at = ${wantedAt} where cluster_id = ${clusterId}`.execute(db);
  });
  await db.schema.createIndex("drift_wanted").on("drift").column("wanted_at").where(sql<boolean>`wanted_at is not null`).execute();
}

const atOnce = 200;

async function eachRecord(db: Db, work: (clusterId: string, record: DriftRecord) => Promise<void>): Promise<void> {
  for (let after = ""; ; ) {
    const { rows } = await sql<{
      cluster_id: string;
      document: string;
    }>`select cluster_id, document from drift where cluster_id > ${after} order by cluster_id limit ${atOnce}`.execute(db);
    for (const { cluster_id, document } of rows) {
      await work(cluster_id, JSON.parse(document) as DriftRecord);
      after = cluster_id;
    }
    if (rows.length < atOnce) return;
  }
}
