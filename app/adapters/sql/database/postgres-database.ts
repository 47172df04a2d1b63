/** Berth's database on PostgreSQL: a pool for the statements, and one connection of its own that listens for appends. */
import {
  Kysely,
  PostgresDialect,
  type PostgresCursor,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
  sql,
} from "kysely";
import pg from "pg";
import { storageTroubleOf } from "#app/ports/storage-trouble.ts";
import type { BerthDatabase, DatabaseOptions } from "./database.ts";
import { migrate } from "#app/adapters/sql/migrations.ts";
import { type AskText, commitForSure } from "./postgres-commit.ts";
import { noDiskReserve } from "./disk-reserve.ts";
import type { Tables } from "#app/adapters/sql/schema.ts";
import { closeAll } from "./sqlite-database.ts";
import { postgresTrouble } from "./trouble.ts";
import { JournalHeads, Listeners, Poll, type WakeUp } from "./wake-up.ts";

const channel = "berth_journal";
const int8 = 20;

/** Epoch milliseconds and counts fit a double; the driver would hand them out as strings. */
export const pgTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: "text" | "binary") =>
    oid === int8 && format !== "binary" ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

export async function openPostgres(url: string, options: DatabaseOptions): Promise<BerthDatabase> {
  const pool = new pg.Pool({ connectionString: url, max: options.connections ?? 10, types: pgTypes, application_name: "berth" });
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on("error", () => {});
  // The same goes for a connection in use, whose statement is told of the break as well.
  pool.on("connect", (client) => void client.on("error", () => {}));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: telling(pool, url) }) });
  try {
    await demandVersion(db);
    await migrate(db, "postgres");
  } catch (error) {
    await db.destroy();
    throw error;
  }
  const wakeUp = new PostgresWakeUp(url, db, options.pollMs ?? 2_000);
  return {
    engine: "postgres",
    writer: db,
    reader: db,
    wakeUp,
    reserve: noDiskReserve,
    integrity: () => Promise.resolve(null),
    close: () => closeAll([() => wakeUp.close(), () => db.destroy()]),
  };
}

/** `pg_xact_status` and numbers of transactions that do not come again are of version 13. */
async function demandVersion(db: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{
    version: string;
    number: number;
  }>`select current_setting('server_version') as version, current_setting('server_version_num')::int as number`.execute(db);
  const [found] = rows;
  if (found && found.number < 130_000)
    throw new Error(`opening the database: PostgreSQL 13 or newer is needed, and this is ${found.version}`);
}

/** The pool with the server's codes translated. A client keeps its one wrapper: Kysely remembers connections by it. */
function telling(pool: pg.Pool, url: string): PostgresPool {
  const known = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => {
      const client = await told(pool.connect());
      const teller = known.get(client) ?? tellingClient(client, url);
      known.set(client, teller);
      return teller;
    },
  };
}

function tellingClient(client: pg.PoolClient, url: string): PostgresPoolClient {
  const send: Send = (text, parameters = []) => told(client.query(text, [...parameters]));
  function query<R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  function query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  function query(asked: string | PostgresCursor<unknown>, parameters: readonly unknown[] = []): unknown {
    if (typeof asked !== "string") throw new Error("streaming a query is not supported: read in pages");
    if (asked === "commit") return committed(send, url);
    if (asked === "rollback") return send(asked).catch(rolledBackByItself);
    return send(asked, parameters);
  }
  return { query, release: (destroy?: boolean) => client.release(destroy) };
}

type Send = (text: string, parameters?: readonly unknown[]) => Promise<pg.QueryResult<Record<string, string | null>>>;

/** Kysely looks at the rows only. */
const noRows = { rows: [] } as const;

/** Not by the pool: all of its connections may be waiting for such an answer. */
async function askOnce(url: string, ...[text, parameters = []]: Parameters<Send>): ReturnType<Send> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "berth commit",
    connectionTimeoutMillis: 5_000,
    query_timeout: 5_000,
  });
  client.on("error", () => {});
  try {
    await told(client.connect());
    return await told(client.query(text, [...parameters]));
  } finally {
    await client.end().catch(() => {});
  }
}

async function committed(send: Send, url: string): Promise<unknown> {
  const asking =
    (to: Send): AskText =>
    async (text, parameters) =>
      Object.values((await to(text, parameters)).rows[0] ?? {})[0] ?? null;
  let answer: unknown = noRows;
  await commitForSure({
    here: asking(send),
    elsewhere: asking((...question) => askOnce(url, ...question)),
    commit: async () => {
      answer = await send("commit");
    },
  });
  return answer;
}

/** A connection that is gone took its transaction with it; that it is gone is what the caller is to hear, not this. */
function rolledBackByItself(error: unknown): typeof noRows {
  if (storageTroubleOf(error)?.kind !== "unreachable") throw error;
  return noRows;
}

const told = <T>(answer: Promise<T>): Promise<T> =>
  answer.catch((error: unknown) => {
    throw postgresTrouble(error);
  });

/**
 * NOTIFY carries only operation ids and goes out after the commit, in a statement of its own: notifying commits queue
 * behind one lock of the whole database, and the journal must not. A lost hint is made up for by the poll.
 */
class PostgresWakeUp implements WakeUp {
  readonly #listeners = new Listeners();
  readonly #url: string;
  readonly #db: Kysely<Tables>;
  readonly #poll: Poll;
  readonly #waiting = new Set<string>();
  #sending: Promise<void> | null = null;
  #listening: Promise<pg.Client | null> | null = null;
  #closed = false;

  constructor(url: string, db: Kysely<Tables>, pollMs: number) {
    this.#url = url;
    this.#db = db;
    const heads = new JournalHeads(db);
    this.#poll = new Poll(
      pollMs,
      () => this.#listeners.size > 0,
      async () => {
        this.#listening ??= this.#listen();
        this.#listeners.tell(await heads.changed());
      },
    );
  }

  announce(operationIds: readonly string[]): void {
    this.#listeners.tell(operationIds);
    for (const id of operationIds) this.#waiting.add(id);
    if (this.#waiting.size > 0) this.#sending ??= this.#send();
  }

  /** Every check compares everything. */
  doubt(): void {}

  subscribe(listener: (operationId: string) => void): () => void {
    const end = this.#listeners.add(listener);
    this.#listening ??= this.#listen();
    return end;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#poll.stop();
    await this.#sending;
    const client = await this.#listening;
    await client?.end();
  }

  async #send(): Promise<void> {
    while (this.#waiting.size > 0) {
      const ids = [...this.#waiting];
      this.#waiting.clear();
      await notify(this.#db, ids).catch(() => {});
    }
    this.#sending = null;
  }

  /** Null when it could not connect; the next poll tries again. */
  async #listen(): Promise<pg.Client | null> {
    const client = new pg.Client({ connectionString: this.#url, application_name: "berth journal" });
    const lost = () => {
      if (!this.#closed) this.#listening = null;
    };
    client.on("error", lost);
    client.on("end", lost);
    client.on("notification", (message) => {
      if (message.payload) this.#listeners.tell([message.payload]);
    });
    try {
      await client.connect();
      await client.query(`listen ${channel}`);
      return client;
    } catch {
      lost();
      await client.end().catch(() => {});
      return null;
    }
  }
}

const notify = (db: Kysely<Tables>, ids: readonly string[]) =>
  sql`select pg_notify(${channel}, id) from unnest(${ids}::text[]) as ids(id)`.execute(db);
