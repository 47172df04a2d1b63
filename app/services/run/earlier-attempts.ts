/** What a run that continues has to know of the attempts before it. */
import type { ConsolePlace } from "#app/domain/operation/event.ts";
import type { Journal } from "#app/ports/journal.ts";
import { wholeJournal } from "#app/services/whole-journal.ts";

export interface EarlierAttempts {
  /** machine name → where the last of its journalled console lines ends: read from there, no line is lost or doubled. */
  readonly consolePlaces: Readonly<Record<string, ConsolePlace>>;
  /** Names of machines that an attempt ended for because they were off. */
  readonly stopped: readonly string[];
}

export async function earlierAttempts(journal: Pick<Journal, "read">, operationId: string): Promise<EarlierAttempts> {
  const consolePlaces: Record<string, ConsolePlace> = {};
  const stopped = new Set<string>();
  for await (const event of wholeJournal(journal, operationId)) {
    if (event.kind === "output" && event.machine !== null && event.place) consolePlaces[event.machine] = event.place;
    if (event.kind === "failure" && event.failure.cause === "machine-stopped" && event.failure.machine !== null)
      stopped.add(event.failure.machine);
  }
  return { consolePlaces, stopped: [...stopped] };
}
