/** Reading the journal: rows and segments as one sequence. */
import type { Kysely } from "kysely";
import type { JournalEntry } from "#app/domain/operation/event.ts";
import { toEntry } from "#app/adapters/sql/rows.ts";
import type { Tables } from "#app/adapters/sql/schema.ts";
import { unpack } from "./segments.ts";

/** Entries with `seq > after`, oldest first, at most `limit`. */
export async function readEntries(db: Kysely<Tables>, operationId: string, after: number, limit: number): Promise<readonly JournalEntry[]> {
  // Rows before segments: an entry that moves from the one to the other in between is then seen twice, never not at all.
  const loose = await readRows(db, operationId, after, limit);
  const firstLoose = loose[0]?.seq ?? Number.POSITIVE_INFINITY;
  // Numbers have no gaps and packing begins at the oldest: if the next one is a row, all later ones are.
  if (firstLoose === after + 1) return loose;
  const packed = await readPacked(db, operationId, after, Math.min(limit, firstLoose - after - 1));
  return packed.length === 0 ? loose : [...packed, ...loose].slice(0, limit);
}

async function readRows(db: Kysely<Tables>, operationId: string, after: number, limit: number): Promise<readonly JournalEntry[]> {
  const query = db.selectFrom("journal").selectAll().where("operation_id", "=", operationId).where("seq", ">", after);
  return (await query.orderBy("seq").limit(limit).execute()).map(toEntry);
}

/** One segment after the other, so that a page of a long journal does not unpack all of it. */
async function readPacked(db: Kysely<Tables>, operationId: string, after: number, limit: number): Promise<readonly JournalEntry[]> {
  const found: JournalEntry[] = [];
  for (let cursor = after; found.length < limit; ) {
    const query = db.selectFrom("journal_segments").selectAll().where("operation_id", "=", operationId).where("last_seq", ">", cursor);
    const segment = await query.orderBy("first_seq").limit(1).executeTakeFirst();
    if (!segment) break;
    found.push(...(await unpack(segment)).filter((e) => e.seq > after));
    cursor = segment.last_seq;
  }
  return found.slice(0, limit);
}
