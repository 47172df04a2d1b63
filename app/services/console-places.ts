/** How far each machine's serial console is in the journal: a run that goes on reads from there, so no line is lost or doubled. */
import type { ConsolePlace } from "#app/domain/operation/event.ts";
import type { Journal } from "#app/ports/journal.ts";
import { wholeJournal } from "./whole-journal.ts";

/** nodeName → where the last of its journalled lines ends. */
export async function consolePlaces(journal: Pick<Journal, "read">, operationId: string): Promise<Readonly<Record<string, ConsolePlace>>> {
  const places: Record<string, ConsolePlace> = {};
  for await (const event of wholeJournal(journal, operationId)) {
    if (event.kind === "output" && event.machine !== null && event.place) places[event.machine] = event.place;
  }
  return places;
}
