/**
 * Work that keeps the process busy, such as rendering a page, is done one piece at a time, and callers take turns: who asks
 * for two hundred pages at once delays everybody else by one page. Between two pieces other requests get their time.
 */
import { setImmediate as nextRound } from "node:timers/promises";

/** Resolves or rejects as `work` does, which begins when it is the caller's turn. */
export type Turns = <T>(caller: string, work: () => Promise<T>) => Promise<T>;

export function takeTurns(): Turns {
  const waiting = new Map<string, (() => Promise<void>)[]>();
  let working = false;
  const workOff = async (): Promise<void> => {
    working = true;
    await nextRound();
    for (let next = firstOf(waiting); next !== null; next = firstOf(waiting)) {
      await next();
      await nextRound();
    }
    working = false;
  };
  return (caller, work) =>
    new Promise((resolve, reject) => {
      const piece = async () => await work().then(resolve, reject);
      waiting.set(caller, [...(waiting.get(caller) ?? []), piece]);
      if (!working) void workOff();
    });
}

/** The oldest piece of the caller who has waited longest since the last one; that caller goes to the end. */
function firstOf(waiting: Map<string, (() => Promise<void>)[]>): (() => Promise<void>) | null {
  for (const [caller, [piece, ...others]] of waiting) {
    waiting.delete(caller);
    if (others.length > 0) waiting.set(caller, others);
    if (piece !== undefined) return piece;
  }
  return null;
}
