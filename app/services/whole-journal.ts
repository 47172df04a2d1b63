/** An operation's whole journal, page by page: for runs that continue after an interruption, and need to know what was before. */
import type { OperationEvent } from "#app/domain/operation/event.ts";
import type { Journal } from "#app/ports/journal.ts";

const pageSize = 1_000;

export async function* wholeJournal(journal: Pick<Journal, "read">, operationId: string): AsyncGenerator<OperationEvent> {
  for (let cursor = 0; ; ) {
    const entries = await journal.read(operationId, cursor, pageSize);
    for (const { event } of entries) yield event;
    if (entries.length < pageSize) return;
    cursor = entries.at(-1)?.seq ?? cursor;
  }
}
