/**
 * Opens Berth's database by its address, with the schema brought up to date. The engine is a matter of configuration;
 * the stores beside this file are the same for both.
 */
import type { Kysely } from "kysely";
import { openPostgres } from "./postgres-database.ts";
import type { DiskReserve } from "./disk-reserve.ts";
import type { Engine, Tables } from "#app/adapters/sql/schema.ts";
import { openSqlite } from "./sqlite-database.ts";
import type { WakeUp } from "./wake-up.ts";

export type DatabaseAddress = { readonly kind: "sqlite"; readonly path: string } | { readonly kind: "postgres"; readonly url: string };

export interface DatabaseOptions {
  /** How often to look for appends by other processes, while somebody listens. Default 200 ms (SQLite), 2 s (PostgreSQL). */
  readonly pollMs?: number;
  /** SQLite: how long to wait for another process's write, default 10 s. */
  readonly busyTimeoutMs?: number;
  /** SQLite: bytes kept on the disk for what must be written when it is full, default 16 MiB. */
  readonly reserveBytes?: number;
  /** PostgreSQL: most connections of the pool, default 10. */
  readonly connections?: number;
}

export interface BerthDatabase {
  readonly engine: Engine;
  readonly writer: Kysely<Tables>;
  /** Sees what is committed; on SQLite a connection of its own, so that readers do not queue behind the writer. */
  readonly reader: Kysely<Tables>;
  readonly wakeUp: WakeUp;
  readonly reserve: DiskReserve;
  /** `ok`, or what SQLite found broken; null on PostgreSQL, which has no such check. */
  integrity(): Promise<string | null>;
  /** Close after the last store call has resolved. */
  close(): Promise<void>;
}

/**
 * Makes the file (mode 0600) and the schema when absent. Throws StorageTrouble (newer, corrupt, locked, full, unreachable),
 * and sentences for a file that cannot be opened.
 */
export async function openDatabase(address: DatabaseAddress, options: DatabaseOptions = {}): Promise<BerthDatabase> {
  return address.kind === "sqlite" ? await openSqlite(address.path, options) : await openPostgres(address.url, options);
}
