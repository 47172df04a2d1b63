/**
 * Sign-in throttling in memory: a restart forgives, which costs an attacker more than it gives. Each attempt moves the
 * time of the next one further away, so attempts that come at once stand in a short line; who would wait too long is told
 * when to come back. Failures elsewhere delay an account's owner a little and never refuse them.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { AttemptLimiter } from "#app/ports/attempt-limiter.ts";
import { DelayTable, type GrowingDelay } from "./growing-delay.ts";

export interface AttemptLimits {
  /** Of one account at one address. */
  readonly pair: GrowingDelay;
  /** Of one address, over all accounts. */
  readonly address: GrowingDelay;
  /** Of one account, over all addresses: only ever a delay. */
  readonly account: GrowingDelay;
  /** The longest that an attempt is kept waiting before it is told to come back. */
  readonly longestWaitMs: number;
  /** Attempts that are kept waiting at once. */
  readonly mostWaiting: number;
  /** Entries of each table; beyond it the oldest is forgotten. */
  readonly mostKept: number;
}

const minute = 60_000;

export const defaultLimits: AttemptLimits = {
  pair: { free: 5, firstMs: 250, longestMs: 30_000, forgetMs: 15 * minute },
  address: { free: 30, firstMs: 250, longestMs: 1_000, forgetMs: 5 * minute },
  account: { free: 20, firstMs: 100, longestMs: 2_000, forgetMs: 15 * minute },
  longestWaitMs: 5_000,
  mostWaiting: 200,
  mostKept: 10_000,
};

export interface AttemptClock {
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
}

const realClock: AttemptClock = { now: () => performance.now(), sleep };

export function attemptLimiter(limits: AttemptLimits = defaultLimits, clock: AttemptClock = realClock): AttemptLimiter {
  const tables = {
    pair: new DelayTable(limits.pair, limits.mostKept),
    address: new DelayTable(limits.address, limits.mostKept),
    account: new DelayTable(limits.account, limits.mostKept),
  };
  const proven = new Proven(limits.mostKept);
  let waiting = 0;
  return {
    take: async (account, address) => {
      const now = clock.now();
      const pair = keyOf(account, address);
      // Who signed in from there before does not wait for what others do at the same address or to the same account.
      const known = proven.has(pair);
      const held = [tables.pair.waitMs(pair, now), known ? 0 : tables.address.waitMs(address, now)];
      const elsewhere = account === null || known ? 0 : tables.account.delayMs(account, now);
      const waitMs = Math.max(...held, elsewhere);
      if (Math.max(...held) > limits.longestWaitMs || (waitMs > 0 && waiting >= limits.mostWaiting))
        return { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) };
      tables.pair.fail(pair, now);
      tables.address.fail(address, now);
      if (account !== null) tables.account.fail(account, now);
      if (waitMs === 0) return { retryAfterSeconds: 0 };
      waiting += 1;
      await clock.sleep(waitMs).finally(() => {
        waiting -= 1;
      });
      return { retryAfterSeconds: 0 };
    },
    forgive: async (account, address) => {
      const pair = keyOf(account, address);
      tables.pair.clear(pair);
      tables.address.undo(address);
      if (account === null) return;
      tables.account.undo(account);
      proven.add(pair);
    },
  };
}

const longestName = 100;
const keyOf = (account: string | null, address: string): string => `${address} ${account?.slice(0, longestName) ?? ""}`;

/** Accounts that were signed in to from an address, the newest ones. */
class Proven {
  readonly #pairs = new Set<string>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  has(pair: string): boolean {
    return this.#pairs.has(pair);
  }

  add(pair: string): void {
    this.#pairs.delete(pair);
    this.#pairs.add(pair);
    for (const oldest of this.#pairs) if (this.#pairs.size > this.#most) this.#pairs.delete(oldest);
  }
}
