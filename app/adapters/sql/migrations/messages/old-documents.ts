/** Documents of versions before schema step 0017, with sentences, as they are now, with messages. Used once, by that step. */
import { type Message, message } from "#app/domain/message/message.ts";
import { readSentences } from "./old-sentences.ts";

type Document = Readonly<Record<string, unknown>>;

const isDocument = (value: unknown): value is Document => typeof value === "object" && value !== null && !Array.isArray(value);
const isSentence = (value: unknown): value is string => typeof value === "string";
const readAll = (value: unknown): unknown =>
  Array.isArray(value) ? value.flatMap((one: unknown) => (isSentence(one) ? readSentences(one) : one)) : value;
/** For a place that holds one: several sentences never stood there. */
const readFirst = (text: string): Message => readSentences(text)[0] ?? message("reported", { text });

/** What has messages already stays as it is. */
export function readEvent(event: Document): Document {
  switch (event.kind) {
    case "state":
      return readReason(event);
    case "notice":
      return isSentence(event.message) ? { ...event, message: readNotice(event.message) } : event;
    case "recovery":
      return { ...event, did: readAll(event.did) };
    case "cancel-rung":
      return { ...event, stays: readAll(event.stays) };
    case "failure":
      return isDocument(event.failure) ? { ...event, failure: readFailure(event.failure) } : event;
    default:
      return event;
  }
}

function readReason(event: Document): Document {
  if (!Object.hasOwn(event, "reason")) return event;
  const { reason, ...rest } = event;
  return { ...rest, reasons: isSentence(reason) ? readSentences(reason) : [] };
}

/** A notice was one sentence, or words of others that may contain anything. */
function readNotice(text: string): Message {
  const read = readSentences(text);
  return read.length === 1 && read[0] !== undefined ? read[0] : message("reported", { text });
}

export function readFailure(failure: Document): Document {
  if (!isSentence(failure.message)) return failure;
  const { message: text, ...rest } = failure;
  return { ...rest, reasons: readSentences(text) };
}

export function readReceipt(receipt: Document): Document {
  const rows: readonly unknown[] = Array.isArray(receipt.rows) ? receipt.rows : [];
  return { ...receipt, rows: rows.map((row) => (isDocument(row) ? readReceiptRow(row) : row)) };
}

function readReceiptRow(row: Document): Document {
  const name = row.what === "secret" ? "cluster-keys" : row.name;
  return isSentence(row.proof) ? { ...row, name, proof: readFirst(row.proof) } : row;
}

/** Of the last drift check that could not be completed. */
export function readDrift(record: Document): Document {
  const { trouble } = record;
  if (!isDocument(trouble) || !isSentence(trouble.message)) return record;
  return { ...record, trouble: { at: trouble.at, reasons: readSentences(trouble.message) } };
}
