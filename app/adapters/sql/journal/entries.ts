/** Writing journal rows inside a transaction: `seq` comes from the operation's row, whose lock makes it gap-free. */
import { sql } from "kysely";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import type { Claim } from "#app/ports/operation-store.ts";
import type { Trx } from "#app/adapters/sql/database/locks.ts";
import type { JournalRow } from "#app/adapters/sql/schema.ts";

/** Parameters per statement are limited (32,766 on SQLite); this stays far below. */
const rowsPerInsert = 500;

/** Reserves `count` numbers and returns the first; null when `claim` is no longer the one that may write. */
export async function reserveSeq(trx: Trx, operationId: string, count: number, claim?: Claim): Promise<number | null> {
  const raised = trx
    .updateTable("operations")
    .set({ last_seq: sql<number>`last_seq + ${count}` })
    .where("id", "=", operationId);
  const allowed = claim ? raised.where("generation", "=", claim.generation) : raised;
  const row = await allowed.returning("last_seq").executeTakeFirst();
  return row ? row.last_seq - count + 1 : null;
}

export async function insertEntries(trx: Trx, rows: readonly JournalRow[]): Promise<void> {
  for (let at = 0; at < rows.length; at += rowsPerInsert) {
    await trx
      .insertInto("journal")
      .values(rows.slice(at, at + rowsPerInsert))
      .execute();
  }
}

/** Journals what a transition of the operation itself says, in its own transaction. */
export async function journalEvents(trx: Trx, operationId: string, events: readonly OperationEvent[], at: number): Promise<void> {
  const first = await reserveSeq(trx, operationId, events.length);
  if (first === null) throw new Error(`writing the journal of operation ${operationId}: there is no such operation`);
  const rows = events.map((event, i) => ({ operation_id: operationId, seq: first + i, at, event: JSON.stringify(event) }));
  await insertEntries(trx, rows);
}
