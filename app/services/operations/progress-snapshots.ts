/**
 * The progress of operations, folded from their journals: a page starts from it instead of from thousands of entries. The
 * latest ones are kept and carried on from their cursor, so that a long journal is read once and not for every page.
 */
import { emptyProgress, newestLines, type Progress, replay } from "#app/domain/operation/progress.ts";
import type { Journal } from "#app/ports/journal.ts";

const entriesPerRead = 1000;
const snapshotsKept = 32;

export type ProgressSnapshots = (operationId: string) => Promise<Progress>;

export function progressSnapshots(journal: Pick<Journal, "read">): ProgressSnapshots {
  const kept = new Map<string, Promise<Progress>>();
  return (operationId) => {
    const earlier = kept.get(operationId) ?? Promise.resolve(emptyProgress);
    const current = earlier.catch(() => emptyProgress).then((progress) => carryOn(journal, operationId, progress));
    kept.delete(operationId);
    kept.set(operationId, current);
    for (const oldest of kept.keys()) if (kept.size > snapshotsKept) kept.delete(oldest);
    return current;
  };
}

async function carryOn(journal: Pick<Journal, "read">, operationId: string, from: Progress): Promise<Progress> {
  let progress = from;
  for (;;) {
    const entries = await journal.read(operationId, progress.cursor, entriesPerRead);
    progress = replay(entries, progress);
    if (entries.length < entriesPerRead) return progress;
  }
}

/** Lines of each output that travel with a page. */
export const linesPerOutput = 100;

/** The same with short outputs: what came before is downloaded as a whole. */
export const forPage = (progress: Progress): Progress => ({
  ...progress,
  outputs: progress.outputs.map((tail) => newestLines(tail, linesPerOutput)),
});
