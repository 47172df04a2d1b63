/**
 * Packing journals of operations that ended long ago: console lines are ten times smaller as gzip, and a thousand rows are
 * one. Entries never change, so they are read and packed outside of any transaction; only the exchange is one.
 */
import { readEvent } from "#app/domain/cluster/schema-1.ts";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { JournalEntry, OperationEvent } from "#app/domain/operation/event.ts";
import type { Compaction } from "#app/ports/journal.ts";
import type { BerthDatabase } from "#app/adapters/sql/database/database.ts";
import type { JournalRow, SegmentRow } from "#app/adapters/sql/schema.ts";

const pack = promisify(gzip);
const unzip = promisify(gunzip);

/** Bounds of one segment: what a reader has to unpack to get at one entry of it. */
const rowsPerSegment = 1_000;
const bytesPerSegment = 1024 * 1024;

const nothing: Compaction = { operations: 0, entries: 0, bytesBefore: 0, bytesAfter: 0 };

export async function compact(
  database: BerthDatabase,
  q: { readonly overBefore: number; readonly operations: number },
): Promise<Compaction> {
  const over = await database.reader
    .selectFrom("operations")
    .select(["id", "packed_seq", "last_seq"])
    .where("ended_at", "is not", null)
    .whereRef("packed_seq", "<", "last_seq")
    .where("ended_at", "<", q.overBefore)
    .orderBy("ended_at")
    .limit(q.operations)
    .execute();
  let sum = nothing;
  for (const o of over) sum = plus(sum, await compactOne(database, o.id, o.packed_seq, o.last_seq));
  return sum;
}

async function compactOne(database: BerthDatabase, id: string, packed: number, last: number): Promise<Compaction> {
  let sum: Compaction = { ...nothing, operations: 1 };
  for (let at = packed; at < last; ) {
    const rows = await nextRows(database, id, at, last);
    const end = rows.at(-1);
    if (!end || rows[0]?.seq !== at + 1) break;
    const done = await exchange(database, rows, end.seq);
    // Another process packs the same journal: it continues where this one stops.
    if (!done) break;
    sum = plus(sum, done);
    at = end.seq;
  }
  return sum;
}

async function nextRows({ reader }: BerthDatabase, id: string, after: number, upTo: number): Promise<readonly JournalRow[]> {
  const query = reader.selectFrom("journal").selectAll().where("operation_id", "=", id).where("seq", ">", after).where("seq", "<=", upTo);
  const rows = await query.orderBy("seq").limit(rowsPerSegment).execute();
  let bytes = 0;
  const tooMuch = rows.findIndex((row) => {
    bytes += row.event.length;
    return bytes > bytesPerSegment;
  });
  // One huge entry is a segment of its own.
  return tooMuch < 0 ? rows : rows.slice(0, Math.max(1, tooMuch));
}

/** Rows out, segment in. Null when the segment is there already. */
async function exchange({ writer, reserve }: BerthDatabase, rows: readonly JournalRow[], lastSeq: number): Promise<Compaction | null> {
  const [first] = rows;
  if (!first) return null;
  const body = await pack(rows.map((r) => `[${r.seq},${r.at},${r.event}]`).join("\n"));
  const segment: SegmentRow = { operation_id: first.operation_id, first_seq: first.seq, last_seq: lastSeq, body };
  await reserve.demand();
  const done = await writer.transaction().execute(async (trx) => {
    const moved = trx
      .updateTable("operations")
      .set({ packed_seq: lastSeq })
      .where("id", "=", first.operation_id)
      .where("packed_seq", "=", first.seq - 1);
    if (!(await moved.returning("id").executeTakeFirst())) return false;
    await trx.insertInto("journal_segments").values(segment).execute();
    await trx
      .deleteFrom("journal")
      .where("operation_id", "=", first.operation_id)
      .where("seq", ">=", first.seq)
      .where("seq", "<=", lastSeq)
      .execute();
    return true;
  });
  if (!done) return null;
  return { operations: 0, entries: rows.length, bytesBefore: rows.reduce((n, r) => n + r.event.length, 0), bytesAfter: body.length };
}

const plus = (a: Compaction, b: Compaction): Compaction => ({
  operations: a.operations + b.operations,
  entries: a.entries + b.entries,
  bytesBefore: a.bytesBefore + b.bytesBefore,
  bytesAfter: a.bytesAfter + b.bytesAfter,
});

export async function unpack(segment: SegmentRow): Promise<readonly JournalEntry[]> {
  const lines = (await unzip(segment.body)).toString("utf8").split("\n");
  return lines.map((text) => {
    const [seq, at, event] = JSON.parse(text) as [number, number, OperationEvent];
    return { operationId: segment.operation_id, seq, at, event: readEvent(event) };
  });
}
