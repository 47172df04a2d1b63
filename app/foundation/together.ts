/** Work side by side, bounded. */

/** Runs one piece of work after the other, in the order in which they are handed over; a failed one does not stop the next. */
export type OneAtATime = <T>(work: () => Promise<T>) => Promise<T>;

export function aloneAtATime(): OneAtATime {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work, work);
    last = result.catch(() => undefined);
    return result;
  };
}

/**
 * Runs all of them side by side, and resolves to their results in the same order. When one fails the signal that the others
 * were given is aborted; the first failure is thrown once all have ended, so nothing is left running.
 */
export async function together<T>(
  works: readonly ((signal: AbortSignal) => Promise<T>)[],
  outer: AbortSignal | undefined,
): Promise<readonly T[]> {
  const stop = new AbortController();
  const signal = outer === undefined ? stop.signal : AbortSignal.any([outer, stop.signal]);
  const failures: unknown[] = [];
  const ends = works.map((work) =>
    work(signal).catch((error: unknown) => {
      failures.push(error);
      stop.abort(error);
      return null;
    }),
  );
  const results = await Promise.all(ends);
  if (failures.length > 0) throw failures[0];
  return results as readonly T[];
}
