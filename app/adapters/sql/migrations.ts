/**
 * The schema's history, in code and the same for both engines. A step that has shipped is never edited: add the next
 * one. Text on PostgreSQL is collated by bytes, so that both engines sort alike.
 */
import { type Kysely, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { StorageTrouble } from "#app/ports/storage-trouble.ts";
import { addHosts } from "./migrations/hosts.ts";
import { addListIndexes } from "./migrations/list-indexes.ts";
import { storeMessages } from "./migrations/messages/messages.ts";
import { addPlanHeads } from "./migrations/plan-heads.ts";
import { addReservations } from "./migrations/reservations.ts";
import { programVersion } from "./database/program-version.ts";
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
    "0005-drift": { up: (db: AnySchema) => makeDrift(db, text) },
    "0006-journal-segments": { up: (db: AnySchema) => makeSegments(db, engine, text) },
    "0007-schema-writers": { up: (db: AnySchema) => makeSchemaWriters(db, text) },
    "0008-orphans": { up: (db: AnySchema) => makeOrphans(db, text) },
    "0008-people-access": { up: (db: AnySchema) => addPeopleAccess(db) },
    "0009-operations-by-end": { up: (db: AnySchema) => indexOperationsByEnd(db) },
    "0010-drift-wishes": { up: (db: AnySchema) => addDriftRequests(db, text) },
    "0012-reservations": { up: addReservations },
    "0012b-plan-heads": { up: (db: AnySchema) => addPlanHeads(db, text) },
    "0013-no-kubeconfigs": { up: (db: AnySchema) => forgetKubeconfigs(db) },
    "0014-tenant-turns": { up: (db: AnySchema) => makeTenantTurns(db, text) },
    "0014b-requests": { up: (db: AnySchema) => makeRequests(db, text) },
    "0015-list-indexes": { up: addListIndexes },
    "0016-no-refreshes": { up: (db: AnySchema) => mapRefreshes(db) },
    "0017-messages": { up: storeMessages },
    "0018-hosts": { up: (db: AnySchema) => addHosts(db, text) },
  };
}

type Text = ReturnType<typeof textType>;

/** Refreshes, an operation kind of earlier versions, looked at the host and changed nothing there: they read as previews. */
async function mapRefreshes(db: AnySchema): Promise<void> {
  await sql`update operations set kind = 'preview' where kind = 'refresh'`.execute(db);
}

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
  await db.schema
    .createIndex("clusters_living_name")
    .unique()
    .on("clusters")
    .columns(["tenant_id", "name"])
    .where(sql<boolean>`state <> 'gone'`)
    .execute();
  await db.schema
    .createIndex("clusters_living_index")
    .unique()
    .on("clusters")
    .column("network_index")
    .where(sql<boolean>`state <> 'gone'`)
    .execute();
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
  await on("operations_one_unfinished")
    .unique()
    .column("cluster_id")
    .where(sql<boolean>`state in ('queued', 'running', 'interrupted')`)
    .execute();
  await on("operations_key")
    .unique()
    .columns(["requested_by", "idempotency_key"])
    .where(sql<boolean>`idempotency_key is not null`)
    .execute();
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

async function makeDrift(db: AnySchema, text: Text): Promise<void> {
  await db.schema
    .createTable("drift")
    .addColumn("cluster_id", text, (c) => c.primaryKey().notNull().references("clusters.id"))
    .addColumn("document", text, (c) => c.notNull())
    .execute();
}

/** Entries of operations that are over, many in one row: `body` is gzip of one JSON text `[seq, at, event]` per line. */
async function makeSegments(db: AnySchema, engine: Engine, text: Text): Promise<void> {
  await db.schema
    .createTable("journal_segments")
    .addColumn("operation_id", text, (c) => c.notNull().references("operations.id"))
    .addColumn("first_seq", "integer", (c) => c.notNull())
    .addColumn("last_seq", "integer", (c) => c.notNull())
    .addColumn("body", engine === "postgres" ? "bytea" : "blob", (c) => c.notNull())
    .addPrimaryKeyConstraint("journal_segments_pk", ["operation_id", "first_seq"])
    .execute();
  await db.schema
    .alterTable("operations")
    .addColumn("packed_seq", "integer", (c) => c.notNull().defaultTo(0))
    .execute();
  const loose = sql<boolean>`ended_at is not null and packed_seq < last_seq`;
  await db.schema.createIndex("operations_to_pack").on("operations").column("ended_at").where(loose).execute();
}

/** For readers that ask at every check what ended lately. */
const indexOperationsByEnd = (db: AnySchema): Promise<void> =>
  db.schema.createIndex("operations_ended").on("operations").column("ended_at").where(sql<boolean>`ended_at is not null`).execute();

/** What a preview was asked to do about drift. It stood in the drift record before, where one request could undo another's. */
async function addDriftRequests(db: AnySchema, text: Text): Promise<void> {
  await db.schema.alterTable("operations").addColumn("drift", text).execute();
}

/** Requests that carried an idempotency key, with their first answers. */
async function makeRequests(db: AnySchema, text: Text): Promise<void> {
  await db.schema
    .createTable("requests")
    .addColumn("person_id", text, (c) => c.notNull())
    .addColumn("request_key", text, (c) => c.notNull())
    .addColumn("request_id", text, (c) => c.notNull().unique())
    .addColumn("digest", text, (c) => c.notNull())
    .addColumn("state", text, (c) => c.notNull())
    .addColumn("holder", text, (c) => c.notNull())
    .addColumn("lease_until", "bigint", (c) => c.notNull())
    .addColumn("answer", text)
    .addColumn("sealed", text)
    .addColumn("sealed_tenant", text)
    .addColumn("sealed_until", "bigint")
    .addColumn("created_at", "bigint", (c) => c.notNull())
    .addColumn("expires_at", "bigint", (c) => c.notNull())
    .addPrimaryKeyConstraint("requests_pk", ["person_id", "request_key"])
    .execute();
  await db.schema.createIndex("requests_by_end").on("requests").column("expires_at").execute();
  await db.schema.createIndex("requests_by_age").on("requests").columns(["person_id", "created_at"]).execute();
  await db.schema
    .createIndex("requests_sealed")
    .on("requests")
    .column("sealed_until")
    .where(sql<boolean>`sealed_until is not null`)
    .execute();
}

/** Whose turn it is in the queue, also while nothing runs. */
async function makeTenantTurns(db: AnySchema, text: Text): Promise<void> {
  await db.schema
    .createTable("tenant_turns")
    .addColumn("tenant_id", text, (c) => c.primaryKey().notNull().references("tenants.id"))
    .addColumn("last_turn", "bigint", (c) => c.notNull())
    .execute();
}

/** They were written by machines. Now each download gets one that Berth builds. */
async function forgetKubeconfigs(db: AnySchema): Promise<void> {
  await sql`delete from sealed where kind = 'kubeconfig'`.execute(db);
}

/** Which version of Berth took which step, so that an older one can name it when it refuses. */
async function makeSchemaWriters(db: AnySchema, text: Text): Promise<void> {
  await db.schema
    .createTable("schema_writers")
    .addColumn("step", text, (c) => c.primaryKey().notNull())
    .addColumn("version", text, (c) => c.notNull())
    .execute();
}

/** Whether a person may come in, and when they last did. */
async function addPeopleAccess(db: AnySchema): Promise<void> {
  await db.schema.alterTable("people").addColumn("disabled_at", "bigint").execute();
  await db.schema.alterTable("people").addColumn("last_sign_in_at", "bigint").execute();
}

async function makeOrphans(db: AnySchema, text: Text): Promise<void> {
  await db.schema
    .createTable("orphans")
    .addColumn("kind", text, (c) => c.notNull())
    .addColumn("name", text, (c) => c.notNull())
    .addColumn("tenant_id", text)
    .addColumn("cluster_id", text)
    .addColumn("reason", text, (c) => c.notNull())
    .addColumn("since", "bigint", (c) => c.notNull())
    .addPrimaryKeyConstraint("orphans_pk", ["kind", "name"])
    .execute();
}

/** Every step that this version knows, oldest first. */
export const schemaSteps: readonly string[] = Object.keys(migrationsFor("sqlite"));

/** Makes an empty database as it was after that step, for rows of that time; the next opening brings it up to date. */
export async function migrateTo(db: Kysely<Tables>, engine: Engine, step: string): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrationsFor(engine)) } });
  const { error } = await migrator.migrateTo(step);
  if (error)
    throw new Error(`making the database schema of step ${step}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
}

/** Brings the schema to the newest step; safe when several processes start at once. Throws StorageTrouble `newer`. */
export async function migrate(db: Kysely<Tables>, engine: Engine): Promise<void> {
  const migrations = migrationsFor(engine);
  await refuseNewer(db, Object.keys(migrations));
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
  const { error, results } = await migrator.migrateToLatest();
  if (error)
    throw new Error(`bringing the database schema up to date: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  const taken = (results ?? []).filter((r) => r.status === "Success").map((r) => ({ step: r.migrationName, version: programVersion }));
  if (taken.length > 0)
    await db
      .insertInto("schema_writers")
      .values(taken)
      .onConflict((c) => c.doNothing())
      .execute();
}

/** The steps are forward only: a later version's tables would be misread by this one. */
async function refuseNewer(db: Kysely<Tables>, known: readonly string[]): Promise<void> {
  const tables = (await db.introspection.getTables({ withInternalKyselyTables: true })).map((t) => t.name);
  if (!tables.includes("kysely_migration")) return;
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  const unknown = rows.map((r) => r.name).filter((name) => !known.includes(name));
  const last = unknown.at(-1);
  if (last === undefined) return;
  const writer = tables.includes("schema_writers")
    ? await db.selectFrom("schema_writers").select("version").where("step", "=", last).executeTakeFirst()
    : undefined;
  const who = writer ? `Berth ${writer.version}` : "a newer version of Berth";
  throw new StorageTrouble(
    "newer",
    `opening the database: ${who} has written it (schema step ${last}), and this is Berth ${programVersion} (schema step ${known.at(-1) ?? "none"}); start the newer version, or restore the backup made before it`,
  );
}
