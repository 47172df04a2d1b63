/**
 * What the two engines do not share: SQLite has one writer at a time (`begin immediate`), so a transaction is a lock
 * already; PostgreSQL needs the rows it decides on locked, and a named lock where it decides on many.
 *
 * Order of locks everywhere: operation row, then cluster row; several operations by id.
 */
import { type SelectQueryBuilder, sql, type Transaction } from "kysely";
import type { Engine, Tables } from "#app/adapters/sql/schema.ts";

export type Trx = Transaction<Tables>;

export const forUpdate = <TB extends keyof Tables, O>(
  engine: Engine,
  query: SelectQueryBuilder<Tables, TB, O>,
): SelectQueryBuilder<Tables, TB, O> => (engine === "postgres" ? query.forUpdate() : query);

export const forUpdateOfFree = <DB, TB extends keyof DB, O>(
  engine: Engine,
  query: SelectQueryBuilder<DB, TB, O>,
): SelectQueryBuilder<DB, TB, O> => (engine === "postgres" ? query.forUpdate().skipLocked() : query);

const named = { orphans: 7_208, claim: 7_201, create: 7_202, reserve: 7_212 } as const;

/** One at a time until the transaction ends. */
export async function oneAtATime(trx: Trx, engine: Engine, what: keyof typeof named): Promise<void> {
  if (engine === "postgres") await sql`select pg_advisory_xact_lock(${sql.lit(named[what])})`.execute(trx);
}

export const isUniqueViolation = (error: unknown): boolean =>
  error instanceof Error && ("code" in error && error.code === "23505" ? true : error.message.includes("UNIQUE constraint failed"));
