/**
 * How often viewers are written to. Each round costs a write per viewer, whatever is in it; so the next round waits until
 * the last one is a tenth of the time that passed, at most a tenth of a second. With few viewers that is no wait at all,
 * with thousands it makes batches, and after a quiet moment the next entry goes out at once.
 */
const longestMs = 100;
const restPerWork = 9;

export class Pace {
  #next = 0;

  /** Milliseconds until the next round may begin; 0: now. */
  waitMs(now: number): number {
    const wait = this.#next - now;
    // A timer is not finer than that.
    return wait < 1 ? 0 : Math.min(wait, longestMs);
  }

  /** A round ended at `now` and kept the process for `costMs`. */
  spent(costMs: number, now: number): void {
    this.#next = now + Math.min(longestMs, costMs * restPerWork);
  }
}
