/** Failures by key and the delay that follows from their number; bounded in size, forgotten after a quiet while. */
export interface GrowingDelay {
  /** Failures without a delay. */
  readonly free: number;
  /** The first delay; each further failure doubles it up to the longest. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** Failures are forgotten after so long without another one. */
  readonly forgetMs: number;
}

interface Row {
  failures: number;
  /** When the next attempt may be made. */
  next: number;
  last: number;
}

export class DelayTable {
  readonly #rule: GrowingDelay;
  readonly #most: number;
  readonly #rows = new Map<string, Row>();

  constructor(rule: GrowingDelay, most: number) {
    this.#rule = rule;
    this.#most = most;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Until the turn of an attempt that comes now. */
  waitMs(key: string, now: number): number {
    return Math.max(0, (this.#row(key, now)?.next ?? now) - now);
  }

  /** The delay by the number of failures alone, however many attempts come at once. */
  delayMs(key: string, now: number): number {
    return this.#delay(this.#row(key, now)?.failures ?? 0);
  }

  fail(key: string, now: number): void {
    const before = this.#row(key, now) ?? { failures: 0, next: now, last: now };
    const failures = before.failures + 1;
    this.#rows.delete(key);
    this.#rows.set(key, { failures, next: Math.max(now, before.next) + this.#delay(failures), last: now });
    for (const oldest of this.#rows.keys()) if (this.#rows.size > this.#most) this.#rows.delete(oldest);
  }

  /** One attempt was no failure. */
  undo(key: string): void {
    const row = this.#rows.get(key);
    if (row === undefined) return;
    row.next -= this.#delay(row.failures);
    row.failures -= 1;
    if (row.failures <= 0) this.#rows.delete(key);
  }

  clear(key: string): void {
    this.#rows.delete(key);
  }

  #row(key: string, now: number): Row | null {
    const row = this.#rows.get(key);
    if (row === undefined || now - Math.max(row.last, row.next) > this.#rule.forgetMs) return null;
    return row;
  }

  #delay(failures: number): number {
    const { free, firstMs, longestMs } = this.#rule;
    return failures < free ? 0 : Math.min(longestMs, firstMs * 2 ** Math.min(30, failures - free));
  }
}
