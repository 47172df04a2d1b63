/**
 * 0017: what Berth says is stored as a code with parameters. Before, it was an English sentence, in journals, failures,
 * receipts and drift records. Sentences that this step does not know become the message `reported`.
 */
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { type Kysely, type RawBuilder, sql } from "kysely";
import { readDrift, readEvent, readFailure, readReceipt } from "./old-documents.ts";

type Db = Kysely<Record<string, never>>;
type Document = Readonly<Record<string, unknown>>;

const pack = promisify(gzip);
const unpack = promisify(gunzip);

export async function storeMessages(db: Db): Promise<void> {
  await convertRows(db);
  await convertSegments(db);
  await convertColumn(db, { table: "operations", key: "id", column: "failure", read: readFailure });
  await convertColumn(db, { table: "clusters", key: "id", column: "receipt", read: readReceipt });
  await convertColumn(db, { table: "drift", key: "cluster_id", column: "document", read: readDrift });
}

/** A few at a time: journals are long. */
const atOnce = 200;

const kinds = ["state", "notice", "recovery", "cancel-rung", "failure"];
const hasSentences = (text: string): boolean => kinds.some((kind) => text.includes(`"kind":"${kind}"`));
const converted = (text: string, read: (document: Document) => Document): string => JSON.stringify(read(JSON.parse(text) as Document));

async function convertRows(db: Db): Promise<void> {
  const wanted = sql.join(
    kinds.map((kind) => sql`event like ${`%"kind":"${kind}"%`}`),
    sql` or `,
  );
  for (let [operation, seq] = ["", 0]; ; ) {
    const { rows } = await sql<{ operation_id: string; seq: number; event: string }>`
      select operation_id, seq, event from journal
      where (operation_id > ${operation} or (operation_id = ${operation} and seq > ${seq})) and (${wanted})
      order by operation_id, seq limit ${atOnce}`.execute(db);
    for (const row of rows) {
      await sql`update journal set event = ${converted(row.event, readEvent)} where operation_id = ${row.operation_id} and seq = ${row.seq}`.execute(
        db,
      );
      [operation, seq] = [row.operation_id, row.seq];
    }
    if (rows.length < atOnce) return;
  }
}

/** One segment at a time: unpacked it may be a megabyte. */
async function convertSegments(db: Db): Promise<void> {
  for (let [operation, seq] = ["", 0]; ; ) {
    const { rows } = await sql<{ operation_id: string; first_seq: number; body: Buffer }>`
      select operation_id, first_seq, body from journal_segments
      where operation_id > ${operation} or (operation_id = ${operation} and first_seq > ${seq})
      order by operation_id, first_seq limit 1`.execute(db);
    const [segment] = rows;
    if (segment === undefined) return;
    const body = await convertedSegment(segment.body);
    await sql`update journal_segments set body = ${body} where operation_id = ${segment.operation_id} and first_seq = ${segment.first_seq}`.execute(
      db,
    );
    [operation, seq] = [segment.operation_id, segment.first_seq];
  }
}

/** Lines are `[seq, at, event]`. */
async function convertedSegment(body: Buffer): Promise<Buffer> {
  const lines = (await unpack(body)).toString("utf8").split("\n");
  return await pack(lines.map((line) => (hasSentences(line) ? convertedLine(line) : line)).join("\n"));
}

function convertedLine(line: string): string {
  const [seq, at, event] = JSON.parse(line) as [number, number, Document];
  return JSON.stringify([seq, at, readEvent(event)]);
}

interface Column {
  readonly table: "operations" | "clusters" | "drift";
  readonly key: "id" | "cluster_id";
  readonly column: "failure" | "receipt" | "document";
  readonly read: (document: Document) => Document;
}

async function convertColumn(db: Db, { table, key, column, read }: Column): Promise<void> {
  const [from, id, document]: readonly RawBuilder<unknown>[] = [sql.table(table), sql.ref(key), sql.ref(column)];
  for (let after = ""; ; ) {
    const { rows } = await sql<{ id: string; document: string }>`
      select ${id} as id, ${document} as document from ${from} where ${id} > ${after} and ${document} is not null order by ${id} limit ${atOnce}`.execute(
      db,
    );
    for (const row of rows) {
      await sql`update ${from} set ${document} = ${converted(row.document, read)} where ${id} = ${row.id}`.execute(db);
      after = row.id;
    }
    if (rows.length < atOnce) return;
  }
}
