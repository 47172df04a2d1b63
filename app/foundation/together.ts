/** Work side by side. */

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
