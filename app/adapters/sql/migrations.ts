/**
 * The schema's history, in code and the same for both engines. A step that has shipped is never edited: add the next
 * one. Text on PostgreSQL is collated by bytes, so that both engines sort alike.
 */
import { type Kysely, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import type { Engine, Tables } from "./schema.ts";

type AnySchema = Kysely<Record<string, never>>;

const textType = (engine: Engine) => (engine === "postgres" ? sql`text collate "C"` : ("text" as const));

function migrationsFor(engine: Engine): Record<string, Migration> {
  const text = textType(engine);
  return {
    "0001-people": { up: (db: AnySchema) => makePeople(db, text) },
    "0002-clusters": { up: (db: AnySchema) => makeClusters(db, text) },
    "0003-operations": { up: (db: AnySchema) => makeOperations(db, text) },
    "0004-secrets": { up: (db: AnySchema) => makeSecrets(db, text) },
  };
}

type Text = ReturnType<typeof textType>;

async function makePeople(db: AnySchema, text: Text): Promise<void> {
  await db.schema
    .createTable("people")
    .addColumn("id", text, (c) => c.primaryKey().notNull())
    .addColumn("name", text, (c) => c.notNull().unique())
    .addColumn("password_hash", text, (c) => c.notNull())
    .addColumn("operator", "integer", (c) => c.notNull())
    .addColumn("created_at", "bigint", (c) => c.notNull())
    .execute();
  await db.schema
    .createTable("tenants")
    .addColumn("id", text, (c) => c.primaryKey().notNull())
    .addColumn("slug", text, (c) => c.notNull().unique())
    .addColumn("created_at", "bigint", (c) => c.notNull())
    .execute();
  await db.schema
    .createTable("memberships")
    .addColumn("tenant_id", text, (c) => c.notNull().references("tenants.id"))
    .addColumn("person_id", text, (c) => c.notNull().references("people.id"))
    .addColumn("role", text, (c) => c.notNull())
    .addPrimaryKeyConstraint("memberships_pk", ["person_id", "tenant_id"])
    .execute();
  await makeSignIns(db, text);
}

async function makeSignIns(db: AnySchema, text: Text): Promise<void> {
  await db.schema
    .createTable("sessions")
    .addColumn("hash", text, (c) => c.primaryKey().notNull())
    .addColumn("person_id", text, (c) => c.notNull().references("people.id"))
    .addColumn("created_at", "bigint", (c) => c.notNull())
    .addColumn("expires_at", "bigint", (c) => c.notNull())
    .execute();
  await db.schema.createIndex("sessions_by_end").on("sessions").column("expires_at").execute();
  await db.schema
    .createTable("tokens")
    .addColumn("id", text, (c) => c.primaryKey().notNull())
    .addColumn("hash", text, (c) => c.notNull().unique())
    .addColumn("person_id", text, (c) => c.notNull().references("people.id"))
    .addColumn("label", text, (c) => c.notNull())
    .addColumn("created_at", "bigint", (c) => c.notNull())
    .addColumn("expires_at", "bigint")
    .execute();
  await db.schema.createIndex("tokens_by_person").on("tokens").column("person_id").execute();
  await db.schema
    .createTable("invites")
    .addColumn("hash", text, (c) => c.primaryKey().notNull())
    .addColumn("operator", "integer", (c) => c.notNull())
    .addColumn("created_by", text)
    .addColumn("created_at", "bigint", (c) => c.notNull())
    .addColumn("expires_at", "bigint", (c) => c.notNull())
    .addColumn("used_at", "bigint")
    .execute();
}

async function makeClusters(db: AnySchema, text: Text): Promise<void> {
  await db.schema
    .createTable("clusters")
    .addColumn("id", text, (c) => c.primaryKey().notNull())
    .addColumn("tenant_id", text, (c) => c.notNull().references("tenants.id"))
    .addColumn("name", text, (c) => c.notNull())
    .addColumn("network_index", "integer", (c) => c.notNull())
    .addColumn("state", text, (c) => c.notNull())
    .addColumn("revision", "integer", (c) => c.notNull())
    .addColumn("live_revision", "integer", (c) => c.notNull())
    .addColumn("state_serial", "integer", (c) => c.notNull())
    .addColumn("last_plan_number", "integer", (c) => c.notNull())
    .addColumn("generation", "integer", (c) => c.notNull())
    .addColumn("created_at", "bigint", (c) => c.notNull())
    .addColumn("ready_at", "bigint")
    .addColumn("gone_at", "bigint")
    .addColumn("receipt", text)
    .execute();
  // A name and a network index belong to one living cluster; both are free again when it is gone.
  await db.schema.createIndex("clusters_living_name").unique().on("clusters").columns(["tenant_id", "name"]).where(sql<boolean>`state <> 'gone'`).execute();
  await db.schema.createIndex("clusters_living_index").unique().on("clusters").column("network_index").where(sql<boolean>`state <> 'gone'`).execute();
  await makeRevisions(db, text);
}

async function makeRevisions(db: AnySchema, text: Text): Promise<void> {
  await db.schema
    .createTable("specs")
    .addColumn("cluster_id", text, (c) => c.notNull().references("clusters.id"))
    .addColumn("revision", "integer", (c) => c.notNull())
    .addColumn("at", "bigint", (c) => c.notNull())
    .addColumn("machines", "integer", (c) => c.notNull())
    .addColumn("vcpus", "integer", (c) => c.notNull())
    .addColumn("memory_mib", "integer", (c) => c.notNull())
    .addColumn("disk_gib", "integer", (c) => c.notNull())
    .addColumn("document", text, (c) => c.notNull())
    .addPrimaryKeyConstraint("specs_pk", ["cluster_id", "revision"])
    .execute();
  await db.schema
    .createTable("plans")
    .addColumn("id", text, (c) => c.primaryKey().notNull())
    .addColumn("cluster_id", text, (c) => c.notNull().references("clusters.id"))
    .addColumn("number", "integer", (c) => c.notNull())
    .addColumn("document", text, (c) => c.notNull())
    .addUniqueConstraint("plans_number", ["cluster_id", "number"])
    .execute();
}

async function makeOperations(db: AnySchema, text: Text): Promise<void> {
  await db.schema
    .createTable("operations")
    .addColumn("id", text, (c) => c.primaryKey().notNull())
    .addColumn("tenant_id", text, (c) => c.notNull().references("tenants.id"))
    .addColumn("cluster_id", text, (c) => c.notNull().references("clusters.id"))
    .addColumn("kind", text, (c) => c.notNull())
    .addColumn("plan_kind", text, (c) => c.notNull())
    .addColumn("state", text, (c) => c.notNull())
    .addColumn("spec_revision", "integer", (c) => c.notNull())
    .addColumn("plan_id", text)
    .addColumn("requested_by", text, (c) => c.notNull())
    .addColumn("requested_by_name", text, (c) => c.notNull())
    .addColumn("requested_at", "bigint", (c) => c.notNull())
    .addColumn("started_at", "bigint")
    .addColumn("ended_at", "bigint")
    .addColumn("cancel_requested_at", "bigint")
    .addColumn("attempt", "integer", (c) => c.notNull())
    .addColumn("failure", text)
    .addColumn("idempotency_key", text)
    .addColumn("body_hash", text)
    .addColumn("last_seq", "integer", (c) => c.notNull())
    .addColumn("generation", "integer")
    .addColumn("worker_id", text)
    .addColumn("lease_until", "bigint")
    .execute();
  await makeOperationIndexes(db);
  await makeJournal(db, text);
}

async function makeOperationIndexes(db: AnySchema): Promise<void> {
  const on = (name: string) => db.schema.createIndex(name).on("operations");
  await on("operations_one_unfinished").unique().column("cluster_id").where(sql<boolean>`state in ('queued', 'running', 'interrupted')`).execute();
  await on("operations_key").unique().columns(["requested_by", "idempotency_key"]).where(sql<boolean>`idempotency_key is not null`).execute();
  await on("operations_queue").columns(["requested_at", "id"]).where(sql<boolean>`state = 'queued'`).execute();
  await on("operations_running").column("id").where(sql<boolean>`state = 'running'`).execute();
  await on("operations_newest").columns(["requested_at", "id"]).execute();
  await on("operations_by_tenant").columns(["tenant_id", "requested_at", "id"]).execute();
  await on("operations_by_cluster").columns(["cluster_id", "requested_at", "id"]).execute();
}

async function makeJournal(db: AnySchema, text: Text): Promise<void> {
  await db.schema
    .createTable("journal")
    .addColumn("operation_id", text, (c) => c.notNull().references("operations.id"))
    .addColumn("seq", "integer", (c) => c.notNull())
    .addColumn("at", "bigint", (c) => c.notNull())
    .addColumn("event", text, (c) => c.notNull())
    .addPrimaryKeyConstraint("journal_pk", ["operation_id", "seq"])
    .execute();
}

async function makeSecrets(db: AnySchema, text: Text): Promise<void> {
  await db.schema
    .createTable("tenant_keys")
    .addColumn("tenant_id", text, (c) => c.primaryKey().notNull())
    .addColumn("wrapped", text, (c) => c.notNull())
    .execute();
  await db.schema
    .createTable("sealed")
    .addColumn("tenant_id", text, (c) => c.notNull())
    .addColumn("cluster_id", text, (c) => c.notNull())
    .addColumn("kind", text, (c) => c.notNull())
    .addColumn("sealed", text, (c) => c.notNull())
    .addPrimaryKeyConstraint("sealed_pk", ["cluster_id", "tenant_id", "kind"])
    .execute();
}

/** The database was written by a newer Berth; this one would misread it, so it does not touch it. */
export class SchemaTooNew extends Error {
  override readonly name = "SchemaTooNew";
}

/** Brings the schema to the newest step; safe when several processes start at once. Throws SchemaTooNew. */
export async function migrate(db: Kysely<Tables>, engine: Engine): Promise<void> {
  const migrations = migrationsFor(engine);
  await refuseNewer(db, Object.keys(migrations));
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
  const { error } = await migrator.migrateToLatest();
  if (error) throw new Error(`bringing the database schema up to date: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}

async function refuseNewer(db: Kysely<Tables>, known: readonly string[]): Promise<void> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((t) => t.name === "kysely_migration")) return;
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  const unknown = rows.map((r) => r.name).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new SchemaTooNew(
    `opening the database: a newer version of Berth has written it (schema step ${unknown.join(", ")} is unknown to this version); start that version, or restore the copy made before it`,
  );
}
