/** A page of a journal, bounded in bytes as well as in entries: an entry can be large, and answers are held in memory whole. */
import type { JournalEntry } from "#app/domain/operation/event.ts";
import type { Journal } from "#app/ports/journal.ts";

const maxCharacters = 1024 * 1024;
/** Read from the store at once. */
const step = 100;

/** Entries after a cursor, oldest first: at most `limit`, at most a mebibyte of text, and at least one where there is one. */
export async function boundedPage(
  journal: Pick<Journal, "read">,
  operationId: string,
  after: number,
  limit: number,
): Promise<readonly JournalEntry[]> {
  const page: JournalEntry[] = [];
  for (let characters = 0; page.length < limit; ) {
    const wanted = Math.min(step, limit - page.length);
    const read = await journal.read(operationId, page.at(-1)?.seq ?? after, wanted);
    for (const entry of read) {
      characters += JSON.stringify(entry.event).length;
      if (characters > maxCharacters && page.length > 0) return page;
      page.push(entry);
    }
    if (read.length < wanted) return page;
  }
  return page;
}
