/** Packs journals of operations that ended long ago: a few at a time, at ease, for as long as the process runs. */
import type { Journal } from "#app/ports/journal.ts";

export interface PackingSettings {
  /** Hours after its end until an operation's journal is packed. */
  readonly afterHours: number;
  readonly everyMs?: number;
  readonly now: () => number;
  readonly onTrouble: (doing: string, error: unknown) => void;
}

/** Operations per round; a round is made at once again while there is more to do. */
const perRound = 20;

export function startCompaction(journal: Journal, settings: PackingSettings): { stop(): Promise<void> } {
  const ending = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const packAll = async (): Promise<void> => {
    const overBefore = settings.now() - settings.afterHours * 3_600_000;
    while (!ending.signal.aborted && (await journal.compact({ overBefore, operations: perRound })).operations === perRound);
  };
  const timer = setInterval(() => {
    running = running.then(packAll).catch((error: unknown) => settings.onTrouble("packing journals", error));
  }, settings.everyMs ?? 600_000);
  timer.unref();
  return {
    async stop() {
      ending.abort();
      clearInterval(timer);
      await running;
    },
  };
}
