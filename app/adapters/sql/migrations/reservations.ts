/**
 * 0012: drafts reserve nothing. Before, every cluster that was not gone held its network index, and counted with its
 * newest revision. What stands on the host, or is approved, keeps what it held; drafts and unapproved edits give it back.
 */
import { type Kysely, sql } from "kysely";

interface LivingCluster {
  readonly id: string;
  readonly state: string;
  readonly live_revision: number;
  /** Newest revision that an update was approved for. */
  readonly approved: number | null;
  /** 1: an update of it is queued, running or interrupted. */
  readonly busy: number;
}

type Db = Kysely<Record<string, never>>;

export async function addReservations(db: Db): Promise<void> {
  for (const column of ["reserved", "reserved_vcpus", "reserved_memory_mib", "reserved_disk_gib"]) {
    await db.schema
      .alterTable("clusters")
      .addColumn(column, "integer", (c) => c.notNull().defaultTo(0))
      .execute();
  }
  await db.schema
    .alterTable("clusters")
    .addColumn("changed_at", "bigint", (c) => c.notNull().defaultTo(0))
    .execute();
  // Counted from now: nobody was told before that a draft ends.
  await sql`update clusters set changed_at = ${Date.now()}`.execute(db);
  for (const cluster of await livingClusters(db)) await keepWhatItHolds(db, cluster);
  await db.schema.dropIndex("clusters_living_index").execute();
  await db.schema
    .createIndex("clusters_drafts")
    .on("clusters")
    .columns(["changed_at", "id"])
    .where(sql<boolean>`state = 'draft'`)
    .execute();
  await db.schema
    .createIndex("clusters_reserved_index")
    .unique()
    .on("clusters")
    .column("network_index")
    .where(sql<boolean>`reserved = 1`)
    .execute();
}

async function livingClusters(db: Db): Promise<readonly LivingCluster[]> {
  const { rows } = await sql<LivingCluster>`
    select c.id, c.state, c.live_revision,
      (select max(o.spec_revision) from operations o where o.cluster_id = c.id and o.kind = 'update') as approved,
      (select count(*) from operations o where o.cluster_id = c.id and o.kind = 'update' and o.state in ('queued', 'running', 'interrupted')) as busy
    from clusters c where c.state <> 'gone'`.execute(db);
  return rows;
}

/** The larger of what lives and what was approved, unless the cluster is ready: then only what lives. */
async function keepWhatItHolds(db: Db, { id, state, live_revision, approved, busy }: LivingCluster): Promise<void> {
  if (state === "draft" && busy === 0) return;
  const revisions = state === "ready" && busy === 0 ? [live_revision] : [live_revision, approved ?? live_revision];
  const largest = (column: string) =>
    sql`(select coalesce(max(${sql.ref(column)}), 0) from specs where cluster_id = ${id} and revision in (${sql.join(revisions)}))`;
  await sql`update clusters set reserved = 1, reserved_vcpus = ${largest("vcpus")}, reserved_memory_mib = ${largest("memory_mib")},
    reserved_disk_gib = ${largest("disk_gib")} where id = ${id}`.execute(db);
}
