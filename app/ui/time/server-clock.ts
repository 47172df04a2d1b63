/**
 * The server's clock, carried on by the browser's monotonic one, which no change of the wall clock moves. While a machine
 * sleeps the monotonic clock of most browsers stands still; where the two clocks disagree, only the server can tell what
 * happened, and is asked.
 */

/** `at`: what the server's clock said; `received`: the monotonic moment, in milliseconds, of the answer that said it. */
export const serverClock =
  (at: number, received: number, monotonic: () => number = () => performance.now()): (() => number) =>
  () =>
    at + Math.max(0, monotonic() - received);

/** When the answer that is being looked at arrived: the document itself, or data that was fetched just now. */
export function receivedAt(document: boolean): number {
  const [navigation] = document && typeof window !== "undefined" ? performance.getEntriesByType("navigation") : [];
  return navigation !== undefined && "responseStart" in navigation ? Number(navigation.responseStart) : performance.now();
}

/** What the browser's two clocks say at once, in milliseconds. */
export interface ClockPair {
  readonly wall: number;
  readonly monotonic: number;
}

export const browserClocks = (): ClockPair => ({ wall: Date.now(), monotonic: performance.now() });

/** Differences up to this are those of clocks that are kept on time. */
const toleranceMs = 5_000;

const disagree = (before: ClockPair, present: ClockPair): boolean =>
  Math.abs(present.wall - before.wall - (present.monotonic - before.monotonic)) > toleranceMs;

export interface ClockCheck {
  readonly clocks: () => ClockPair;
  /** Epoch milliseconds by the server; null: it did not answer. */
  readonly ask: () => Promise<number | null>;
  readonly set: (serverNow: number) => void;
}

/** To be called now and then: asks the server once one clock has moved without the other since it was last set, until it answers. */
export function clockCheck({ clocks, ask, set }: ClockCheck): () => Promise<void> {
  let agreed = clocks();
  let asking = false;
  return async () => {
    if (asking || !disagree(agreed, clocks())) return;
    asking = true;
    const answer = await ask().catch(() => null);
    asking = false;
    if (answer === null) return;
    agreed = clocks();
    set(answer);
  };
}
