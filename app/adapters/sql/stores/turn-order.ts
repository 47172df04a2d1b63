/** The queue in the table of operations: whose turn it is, by the rule of domain/operation/queue.ts. */
import { type Kysely, sql } from "kysely";
import type { BerthDatabase } from "#app/adapters/sql/database/database.ts";
import { forUpdateOfFree, type Trx } from "#app/adapters/sql/database/locks.ts";
import type { OperationRow, Tables } from "#app/adapters/sql/schema.ts";

/** Tenant of each running operation, in the order in which they started. */
export async function runningTenants(db: Kysely<Tables>): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("operations")
    .select("tenant_id")
    .where("state", "=", "running")
    .orderBy("started_at")
    .orderBy("id")
    .execute();
  return rows.map((r) => r.tenant_id);
}

export async function tenantTurns(db: Kysely<Tables>): Promise<ReadonlyMap<string, number>> {
  const rows = await db.selectFrom("tenant_turns").selectAll().execute();
  return new Map(rows.map((r) => [r.tenant_id, r.last_turn]));
}

export const tenantsAtLimit = (running: readonly string[], maxPerTenant: number): readonly string[] =>
  [...Map.groupBy(running, (id) => id)].filter(([, own]) => own.length >= maxPerTenant).map(([id]) => id);

/** The order of domain/operation/queue.ts, for one row and without reading the whole queue. */
export async function firstInLine(database: BerthDatabase, trx: Trx, atLimit: readonly string[]): Promise<OperationRow | undefined> {
  const queued = trx
    .selectFrom("operations as o")
    .selectAll("o")
    .where("o.state", "=", "queued")
    .$if(atLimit.length > 0, (query) => query.where("o.tenant_id", "not in", atLimit))
    .orderBy((s) =>
      s.fn.coalesce(s.selectFrom("tenant_turns as t").select("t.last_turn").whereRef("t.tenant_id", "=", "o.tenant_id"), sql<number>`0`),
    )
    .orderBy("o.requested_at")
    .orderBy("o.id")
    .limit(1);
  return await forUpdateOfFree(database.engine, queued).executeTakeFirst();
}

/** Its number is higher than every other tenant's. Claims are made one at a time, so no two are the same. */
export async function noteTurn(trx: Trx, tenantId: string): Promise<void> {
  const { last } = await trx
    .selectFrom("tenant_turns")
    .select((s) => s.fn.coalesce(s.fn.max("last_turn"), sql<number>`0`).as("last"))
    .executeTakeFirstOrThrow();
  const turn = { tenant_id: tenantId, last_turn: Number(last) + 1 };
  await trx
    .insertInto("tenant_turns")
    .values(turn)
    .onConflict((c) => c.column("tenant_id").doUpdateSet({ last_turn: turn.last_turn }))
    .execute();
}
