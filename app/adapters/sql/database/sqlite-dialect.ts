/**
 * Kysely on the callback interface of `sqlite3`. That driver runs statements on the thread pool, so that a slow query
 * never stops the loop that streams events; Kysely's own SQLite driver wants a synchronous one. Only Driver and
 * Connection are ours. One connection per Kysely, in turn: Kysely's own mutex wakes everybody who waits whenever one is
 * done, which with ten thousand viewers coming back at once took most of the time.
 */
import {
  type CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  DeleteQueryNode,
  type Dialect,
  type Driver,
  InsertQueryNode,
  type QueryCompiler,
  type QueryResult,
  type RootOperationNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  UpdateQueryNode,
} from "kysely";
import sqlite3 from "sqlite3";
import { storageTroubleOf } from "#app/ports/storage-trouble.ts";
import type { DiskReserve } from "./disk-reserve.ts";
import { sqliteTrouble } from "./trouble.ts";
import { Turns } from "#app/adapters/sql/database/turns.ts";

export interface SqliteSettings {
  readonly file: string;
  /** A reader refuses to write, and in WAL mode neither waits for the writer nor holds it up. */
  readonly readOnly: boolean;
  /** How long a statement waits for another process's write lock, in milliseconds. */
  readonly busyTimeoutMs: number;
  readonly reserve: DiskReserve;
}

export class Sqlite3Dialect implements Dialect {
  readonly #settings: SqliteSettings;
  constructor(settings: SqliteSettings) {
    this.#settings = settings;
  }
  createDriver(): Driver {
    return new Sqlite3Driver(this.#settings);
  }
  createAdapter(): SqliteAdapter {
    return new Sqlite3Adapter();
  }
  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler();
  }
  createIntrospector(db: Parameters<Dialect["createIntrospector"]>[0]): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }
}

class Sqlite3Adapter extends SqliteAdapter {
  /** The driver lets them wait for the one that there is. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }
  /** SQLite rolls schema changes back too, and `begin immediate` is the lock between two processes that both migrate. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class Sqlite3Driver implements Driver {
  readonly #settings: SqliteSettings;
  readonly #turns = new Turns();
  #connection: Sqlite3Connection | null = null;

  constructor(settings: SqliteSettings) {
    this.#settings = settings;
  }

  async init(): Promise<void> {
    this.#connection = await Sqlite3Connection.open(this.#settings);
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    await this.#turns.take();
    try {
      return this.#held();
    } catch (error) {
      this.#turns.pass();
      throw error;
    }
  }

  /** Not plain `begin`: a read that later turns into a write would fail at once, without the busy time-out. */
  async beginTransaction(): Promise<void> {
    this.#held().refuseDamaged();
    await this.#held().begin();
  }

  async commitTransaction(): Promise<void> {
    await this.#held().all("commit", []);
  }

  async rollbackTransaction(): Promise<void> {
    try {
      await this.#held().all("rollback", []);
    } catch (error) {
      // A full disk makes SQLite roll back by itself; the first error is the one worth telling.
      if (!(error instanceof Error && error.message.includes("no transaction is active"))) throw error;
    }
  }

  async releaseConnection(): Promise<void> {
    this.#turns.pass();
  }

  async destroy(): Promise<void> {
    await this.#connection?.close();
    this.#connection = null;
  }

  #held(): Sqlite3Connection {
    if (!this.#connection) throw new Error("the database is closed");
    return this.#connection;
  }
}

class Sqlite3Connection implements DatabaseConnection {
  readonly #db: sqlite3.Database;
  readonly #settings: SqliteSettings;
  #impatient = false;

  private constructor(db: sqlite3.Database, settings: SqliteSettings) {
    this.#db = db;
    this.#settings = settings;
  }

  static async open(settings: SqliteSettings): Promise<Sqlite3Connection> {
    const connection = new Sqlite3Connection(await openFile(settings), settings);
    // FULL: a commit that was answered survives a power cut. No mmap: it has corrupted databases under WAL.
    await connection.all("pragma journal_mode = wal", []);
    await connection.all("pragma synchronous = full", []);
    await connection.all("pragma foreign_keys = on", []);
    await connection.all("pragma journal_size_limit = 67108864", []);
    if (settings.readOnly) await connection.all("pragma query_only = on", []);
    return connection;
  }

  async executeQuery<R>(compiled: CompiledQuery): Promise<QueryResult<R>> {
    this.refuseDamaged();
    const result = onlyCountsRows(compiled.query)
      ? { rows: [], numAffectedRows: await this.#run(compiled.sql, compiled.parameters) }
      : { rows: (await this.all(compiled.sql, compiled.parameters)) as R[] };
    if (isWrite(compiled.query)) this.#beImpatient(false);
    return result;
  }

  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error("streaming a query is not supported on SQLite: read in pages");
  }

  all(sql: string, parameters: readonly unknown[]): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      this.#db.all<unknown>(sql, parameters, (error, rows) => (error ? reject(this.#told(error)) : resolve(rows)));
    });
  }

  #run(sql: string, parameters: readonly unknown[]): Promise<bigint> {
    const told = (error: Error) => this.#told(error);
    return new Promise((resolve, reject) => {
      this.#db.run(sql, parameters, function (error) {
        if (error) reject(told(error));
        else resolve(BigInt(this.changes));
      });
    });
  }

  refuseDamaged(): void {
    if (!this.#settings.readOnly) this.#settings.reserve.refuseDamaged();
  }

  async begin(): Promise<void> {
    await this.all("begin immediate", []);
    this.#beImpatient(false);
  }

  /** One waits as long as is set; while the lock is kept all others only ask, or they would wait behind each other. */
  #beImpatient(impatient: boolean): void {
    if (this.#impatient === impatient) return;
    this.#impatient = impatient;
    const { busyTimeoutMs } = this.#settings;
    this.#db.configure("busyTimeout", impatient ? Math.min(100, busyTimeoutMs) : busyTimeoutMs);
  }

  #told(error: Error): Error {
    const told = sqliteTrouble(error);
    const trouble = storageTroubleOf(told);
    if (trouble) this.#settings.reserve.note(trouble.kind);
    if (trouble?.kind === "locked") this.#beImpatient(true);
    return told;
  }

  close(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#db.close((error) => (error ? reject(error) : resolve()));
    });
  }
}

function openFile(settings: SqliteSettings): Promise<sqlite3.Database> {
  return new Promise((resolve, reject) => {
    const db = new sqlite3.Database(settings.file, sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE, (error) => {
      if (error) reject(new Error(`opening the database file ${settings.file}: ${error.message}`, { cause: error }));
      else resolve(db);
    });
    db.configure("busyTimeout", settings.busyTimeoutMs);
  });
}

/** Writes without `returning` give a count instead of rows; everything else, raw statements included, gives rows. */
const onlyCountsRows = (query: RootOperationNode): boolean => isWrite(query) && query.returning === undefined;

const isWrite = (query: RootOperationNode): query is InsertQueryNode | UpdateQueryNode | DeleteQueryNode =>
  InsertQueryNode.is(query) || UpdateQueryNode.is(query) || DeleteQueryNode.is(query);
