/** How far each machine's serial console is in the journal: a run that goes on reads from there, so no line is lost or doubled. */
import type { ConsolePlace } from "#app/domain/operation/event.ts";
import type { Journal } from "#app/ports/journal.ts";

const pageSize = 1_000;

/** nodeName → where the last of its journalled lines ends. Reads the operation's whole journal: for resumed runs only. */
export async function consolePlaces(journal: Pick<Journal, "read">, operationId: string): Promise<Readonly<Record<string, ConsolePlace>>> {
  const places: Record<string, ConsolePlace> = {};
  for (let cursor = 0; ; ) {
    const entries = await journal.read(operationId, cursor, pageSize);
    for (const { event } of entries) {
      if (event.kind === "output" && event.machine !== null && event.place) places[event.machine] = event.place;
    }
    if (entries.length < pageSize) return places;
    cursor = entries.at(-1)?.seq ?? cursor;
  }
}
