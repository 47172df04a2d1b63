/**
 * 0018: libvirt hosts. Before, there was one, and no table of it: every cluster and every orphan is on `local`, which the
 * portal registers at its start. Network indexes were unique among all clusters, and are now among those of one host.
 */
import { type Kysely, type RawBuilder, sql } from "kysely";

type Db = Kysely<Record<string, never>>;
type Text = RawBuilder<unknown> | "text";

export async function addHosts(db: Db, text: Text): Promise<void> {
  await db.schema
    .createTable("hosts")
    .addColumn("id", text, (c) => c.primaryKey().notNull())
    .addColumn("name", text, (c) => c.notNull())
    .addColumn("state", text, (c) => c.notNull())
    .addColumn("network_range", text, (c) => c.notNull())
    .addColumn("port_base", "integer", (c) => c.notNull())
    .addColumn("published_host", text, (c) => c.notNull())
    .addColumn("memory_reserve_mib", "integer", (c) => c.notNull())
    .execute();
  await db.schema
    .alterTable("clusters")
    .addColumn("host_id", text, (c) => c.notNull().defaultTo("local"))
    .execute();
  await db.schema.dropIndex("clusters_reserved_index").execute();
  await db.schema
    .createIndex("clusters_reserved_index")
    .unique()
    .on("clusters")
    .columns(["host_id", "network_index"])
    .where(sql<boolean>`reserved = 1`)
    .execute();
  await orphansByHost(db, text);
}

/** A primary key cannot be changed in place on SQLite. */
async function orphansByHost(db: Db, text: Text): Promise<void> {
  await db.schema.alterTable("orphans").renameTo("orphans_of_local").execute();
  await db.schema
    .createTable("orphans")
    .addColumn("host_id", text, (c) => c.notNull())
    .addColumn("kind", text, (c) => c.notNull())
    .addColumn("name", text, (c) => c.notNull())
    .addColumn("tenant_id", text)
    .addColumn("cluster_id", text)
    .addColumn("reason", text, (c) => c.notNull())
    .addColumn("since", "bigint", (c) => c.notNull())
    .addPrimaryKeyConstraint("orphans_by_host_pk", ["host_id", "kind", "name"])
    .execute();
  await sql`insert into orphans (host_id, kind, name, tenant_id, cluster_id, reason, since)
    select 'local', kind, name, tenant_id, cluster_id, reason, since from orphans_of_local`.execute(db);
  await db.schema.dropTable("orphans_of_local").execute();
}
