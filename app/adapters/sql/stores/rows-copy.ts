/**
 * Every row of the database as text, and back: the part of a backup that is the same for both engines, so that a backup
 * of one can be restored into the other. Reading happens in one snapshot and holds up nobody.
 */
import { kindOf, kindsThat } from "#app/domain/operation/kinds.ts";
import { assertMove } from "#app/domain/operation/operation.ts";
import { existsSync } from "node:fs";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import type { Message } from "#app/domain/message/message.ts";
import type { DatabaseAddress } from "#app/adapters/sql/database/database.ts";
import { journalEvents } from "#app/adapters/sql/journal/entries.ts";
import type { Trx } from "#app/adapters/sql/database/locks.ts";
import { migrateTo } from "#app/adapters/sql/migrations.ts";
import { pgTypes } from "#app/adapters/sql/database/postgres-database.ts";
import { settleReservation } from "./reservations.ts";
import { noDiskReserve } from "#app/adapters/sql/database/disk-reserve.ts";
import type { Engine, Tables } from "#app/adapters/sql/schema.ts";
import { Sqlite3Dialect } from "#app/adapters/sql/database/sqlite-dialect.ts";

/** Every table, with those first that others refer to. */
const order = {
  people: 0,
  tenants: 1,
  memberships: 2,
  sessions: 3,
  tokens: 4,
  invites: 5,
  hosts: 6,
  clusters: 7,
  specs: 8,
  plans: 9,
  operations: 10,
  journal: 11,
  journal_segments: 12,
  tenant_keys: 13,
  sealed: 14,
  drift: 15,
  orphans: 16,
  schema_writers: 17,
  tenant_turns: 18,
  requests: 19,
} as const satisfies Readonly<Record<keyof Tables, number>>;

const tablesInOrder = (Object.keys(order) as (keyof Tables)[]).sort((a, b) => order[a] - order[b]);

/** Names without quotes' need: they come from the list above or from the engine. */
type Row = Readonly<Record<string, unknown>>;

export interface Snapshot {
  /** Schema steps that the database has taken, oldest first. */
  readonly steps: readonly string[];
  readonly clusters: readonly {
    readonly id: string;
    readonly tenantId: string;
    readonly tenant: string;
    readonly name: string;
    readonly state: string;
    readonly generation: number;
  }[];
  /** Operations that were under way. */
  readonly running: readonly { readonly id: string; readonly clusterId: string; readonly kind: string }[];
  /** Name of the cluster's stack: every revision has the same. */
  stackName(clusterId: string): Promise<string | null>;
  /** One line of JSON per row or head of a table, without line ends. */
  lines(): AsyncGenerator<string>;
}

/** Calls `look` with the database as it is at one moment. The database is neither made nor changed. */
export async function withSnapshot<T>(address: DatabaseAddress, read: (snapshot: Snapshot) => Promise<T>): Promise<T> {
  if (address.kind === "sqlite" && !existsSync(address.path)) throw new Error(`reading the database: ${address.path} does not exist`);
  const db = connect(address, true);
  try {
    return await db.connection().execute(async (one) => {
      await sql.raw(address.kind === "sqlite" ? "begin" : "begin isolation level repeatable read read only").execute(one);
      try {
        return await read(await snapshotOf(one, address.kind));
      } finally {
        await sql`rollback`.execute(one);
      }
    });
  } finally {
    await db.destroy();
  }
}

async function snapshotOf(db: Kysely<Tables>, engine: Engine): Promise<Snapshot> {
  const there = await tablesThere(db);
  const { rows: steps } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  const clusters = db.selectFrom("clusters as c").innerJoin("tenants as t", "t.id", "c.tenant_id");
  const running = db.selectFrom("operations").select(["id", "cluster_id as clusterId", "kind"]).where("state", "=", "running");
  return {
    steps: steps.map((s) => s.name),
    clusters: await clusters
      .select(["c.id", "c.tenant_id as tenantId", "t.slug as tenant", "c.name", "c.state", "c.generation"])
      .orderBy("c.id")
      .execute(),
    running: await running.orderBy("id").execute(),
    stackName: async (clusterId) => {
      const spec = await db
        .selectFrom("specs")
        .select("document")
        .where("cluster_id", "=", clusterId)
        .orderBy("revision")
        .limit(1)
        .executeTakeFirst();
      return spec === undefined ? null : stackNameIn(spec.document);
    },
    async *lines() {
      for (const table of tablesInOrder.filter((t) => there.includes(t))) yield* linesOf(db, engine, table);
    },
  };
}

/** Throws when the database has a table that a backup would leave out. */
async function tablesThere(db: Kysely<Tables>): Promise<readonly string[]> {
  const names = (await db.introspection.getTables()).map((t) => t.name);
  const unknown = names.filter((name) => !Object.hasOwn(order, name));
  if (unknown.length > 0) throw new Error(`reading the database: this version of Berth does not know its tables ${unknown.join(", ")}`);
  return names;
}

const pageRows = 1_000;

async function* linesOf(db: Kysely<Tables>, engine: Engine, table: string): AsyncGenerator<string> {
  let columns: readonly string[] | null = null;
  for await (const row of engine === "sqlite" ? sqliteRows(db, table) : postgresRows(db, table)) {
    if (columns === null) {
      columns = Object.keys(row);
      yield JSON.stringify({ table, columns });
    }
    yield JSON.stringify(columns.map((c) => toText(row[c])));
  }
}

async function* sqliteRows(db: Kysely<Tables>, table: string): AsyncGenerator<Row> {
  for (let after = -1; ; ) {
    const { rows } = await sql<
      Row & { berth_rowid: number }
    >`select rowid as berth_rowid, * from ${sql.table(table)} where rowid > ${after} order by rowid limit ${pageRows}`.execute(db);
    for (const { berth_rowid: at, ...row } of rows) {
      after = at;
      yield row;
    }
    if (rows.length < pageRows) return;
  }
}

async function* postgresRows(db: Kysely<Tables>, table: string): AsyncGenerator<Row> {
  await sql`declare berth_rows no scroll cursor for select * from ${sql.table(table)}`.execute(db);
  for (;;) {
    const { rows } = await sql<Row>`${sql.raw(`fetch ${pageRows} from berth_rows`)}`.execute(db);
    yield* rows;
    if (rows.length < pageRows) break;
  }
  await sql`close berth_rows`.execute(db);
}

const toText = (value: unknown): unknown => (Buffer.isBuffer(value) ? { bytes: value.toString("base64") } : value);
const fromText = (value: unknown): unknown =>
  typeof value === "object" && value !== null && "bytes" in value ? Buffer.from(String(value.bytes), "base64") : value;

export interface NamedStack {
  readonly tenantId: string;
  readonly stackName: string;
}

/** Stacks of all clusters in a snapshot's lines that are not gone, whether they have a state or not. */
export async function stacksIn(lines: AsyncIterable<string>): Promise<readonly NamedStack[]> {
  const tenants = new Map<string, string>();
  const stacks = new Map<string, NamedStack>();
  for await (const { table, row } of rowsOf(lines, ["clusters", "specs"])) {
    if (table === "clusters" && row.state !== "gone") tenants.set(String(row.id), String(row.tenant_id));
    const tenantId = table === "specs" ? tenants.get(String(row.cluster_id)) : undefined;
    if (tenantId !== undefined) stacks.set(String(row.cluster_id), { tenantId, stackName: stackNameIn(String(row.document)) });
  }
  return [...stacks.values()];
}

async function* rowsOf(
  lines: AsyncIterable<string>,
  tables: readonly string[],
): AsyncGenerator<{ readonly table: string; readonly row: Row }> {
  let head: Head | null = null;
  for await (const line of lines) {
    const isHead = !line.startsWith("[");
    if (isHead) head = knownHead(JSON.parse(line));
    if (isHead || head === null || !tables.includes(head.table)) continue;
    const values = JSON.parse(line) as readonly unknown[];
    yield { table: head.table, row: Object.fromEntries(head.columns.map((column, i) => [column, values[i]])) };
  }
}

const stackNameIn = (document: string): string => (JSON.parse(document) as { readonly stackName: string }).stackName;

export interface Filling {
  readonly steps: readonly string[];
  readonly lines: () => AsyncIterable<string>;
  /** Why operations that were not over are so now; nothing starts by itself after a restore. */
  readonly reasons: readonly Message[];
  readonly now: number;
}

/** Whether nothing is lost when this database is filled. */
export async function isEmptyDatabase(address: DatabaseAddress): Promise<boolean> {
  if (address.kind === "sqlite") return ![address.path, `${address.path}-wal`].some((path) => existsSync(path));
  const db = connect(address, true);
  try {
    return (await db.introspection.getTables({ withInternalKyselyTables: true })).length === 0;
  } finally {
    await db.destroy();
  }
}

/** Makes the database at the state of those steps and fills it. It must be empty; after an error it is again. */
export async function fillDatabase(address: DatabaseAddress, filling: Filling): Promise<void> {
  const db = connect(address, false);
  try {
    if ((await db.introspection.getTables({ withInternalKyselyTables: true })).length > 0)
      throw new Error("writing the database: it is not empty");
    await fill(db, address.kind, filling).catch(async (error: unknown) => {
      await empty(db);
      throw error;
    });
  } finally {
    await db.destroy();
  }
}

async function fill(db: Kysely<Tables>, engine: Engine, { steps, lines, reasons, now }: Filling): Promise<void> {
  await migrateTo(db, engine, steps.at(-1) ?? "");
  const there = await tablesThere(db);
  await db.transaction().execute(async (trx) => {
    // What the steps themselves wrote stands in the backup as well.
    for (const table of tablesInOrder.filter((t) => there.includes(t)).reverse()) await sql`delete from ${sql.table(table)}`.execute(trx);
    await insertAll(trx, lines());
    await endUnfinished(trx, { reasons, now, reservations: steps.includes("0012-reservations") });
    await outdatePlans(trx);
  });
}

interface Head {
  readonly table: string;
  readonly columns: readonly string[];
}

async function insertAll(db: Kysely<Tables>, lines: AsyncIterable<string>): Promise<void> {
  let head: Head | null = null;
  let waiting: (readonly unknown[])[] = [];
  const flush = async (): Promise<void> => {
    if (head !== null && waiting.length > 0) await insert(db, head, waiting);
    waiting = [];
  };
  for await (const line of lines) {
    const read: unknown = JSON.parse(line);
    if (Array.isArray(read)) waiting.push(read.map(fromText));
    // PostgreSQL takes 65,535 parameters at most, SQLite 32,766.
    if (!Array.isArray(read) || waiting.length * (head?.columns.length ?? 1) > 10_000) await flush();
    if (!Array.isArray(read)) head = knownHead(read);
  }
  await flush();
}

function knownHead(read: unknown): Head {
  const { table, columns } = read as Head;
  if (!Object.hasOwn(order, table)) throw new Error(`writing the database: this version of Berth does not know the table ${String(table)}`);
  return { table, columns };
}

async function insert(db: Kysely<Tables>, { table, columns }: Head, rows: readonly (readonly unknown[])[]): Promise<void> {
  const values = rows.map((row) => sql`(${sql.join(row.map((v) => sql.val(v)))})`);
  await sql`insert into ${sql.table(table)} (${sql.join(columns.map((c) => sql.ref(c)))}) values ${sql.join(values)}`.execute(db);
}

/** The world has moved on since: no plan holds any more, not even one whose run could be resumed. */
async function outdatePlans(trx: Trx): Promise<void> {
  await trx.updateTable("clusters").set({ state_serial: sql<number>`state_serial + 1` }).where("state", "<>", "gone").execute();
  await trx
    .updateTable("operations")
    .set({ plan_id: null })
    .where(
      "kind",
      "in",
      kindsThat((kind) => kind.needsPlan),
    )
    .where("state", "in", ["failed", "cancelled"])
    .execute();
}

interface Ending extends Pick<Filling, "reasons" | "now"> {
  /** A database from before reservations gets them by its schema steps, when no operation is under way any more. */
  readonly reservations: boolean;
}

/** And whatever was queued or under way is for a person to ask for again. */
async function endUnfinished(trx: Trx, { reasons, now, reservations }: Ending): Promise<void> {
  const open = await trx
    .selectFrom("operations")
    .select(["id", "cluster_id", "kind", "state"])
    .where("state", "in", ["queued", "running", "interrupted"])
    .execute();
  for (const { id, cluster_id, kind, state } of open) {
    assertMove({ id, state }, "cancelled");
    await journalEvents(trx, id, [{ kind: "state", to: "cancelled", reasons, by: null }], now);
    await trx
      .updateTable("operations")
      .set({ state: "cancelled", ended_at: now, generation: null, worker_id: null, lease_until: null })
      .where("id", "=", id)
      .execute();
    await trx
      .updateTable("clusters")
      .set({ state: "degraded" })
      .where("id", "=", cluster_id)
      .where("state", "in", ["provisioning", "destroying"])
      .execute();
    if (reservations && kindOf({ kind }).reservesCapacity) await settleReservation(trx, cluster_id);
  }
}

async function empty(db: Kysely<Tables>): Promise<void> {
  const there = (await db.introspection.getTables({ withInternalKyselyTables: true })).map((t) => t.name);
  const known = tablesInOrder.filter((t) => there.includes(t)).reverse();
  for (const table of [...known, ...there.filter((t) => t.startsWith("kysely_"))]) await sql`drop table ${sql.table(table)}`.execute(db);
}

function connect(address: DatabaseAddress, readOnly: boolean): Kysely<Tables> {
  if (address.kind === "sqlite")
    return new Kysely<Tables>({
      dialect: new Sqlite3Dialect({ file: address.path, readOnly, busyTimeoutMs: 10_000, reserve: noDiskReserve }),
    });
  const pool = new pg.Pool({ connectionString: address.url, max: 2, types: pgTypes, application_name: "berth backup" });
  pool.on("error", () => undefined);
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}
