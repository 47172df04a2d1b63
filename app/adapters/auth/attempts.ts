/** Sign-in throttling in memory: a restart forgives, which costs an attacker more than it gives. */
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { AttemptLimiter } from "#app/ports/attempt-limiter.ts";

export interface AttemptLimits {
  readonly perAccount: number;
  readonly perAddress: number;
  readonly windowSeconds: number;
}

export const defaultLimits: AttemptLimits = { perAccount: 8, perAddress: 60, windowSeconds: 300 };

export function attemptLimiter(limits: AttemptLimits = defaultLimits): AttemptLimiter {
  const accounts = new RateLimiterMemory({ points: limits.perAccount, duration: limits.windowSeconds });
  const addresses = new RateLimiterMemory({ points: limits.perAddress, duration: limits.windowSeconds });
  const key = (account: string, address: string) => `${address} ${account.slice(0, 100)}`;
  return {
    take: async (account, address) => {
      const waits = await Promise.all([wait(accounts, key(account, address)), wait(addresses, address)]);
      return { retryAfterSeconds: Math.max(...waits) };
    },
    forgive: async (account, address) => {
      await accounts.delete(key(account, address));
    },
  };
}

async function wait(limiter: RateLimiterMemory, key: string): Promise<number> {
  try {
    await limiter.consume(key);
    return 0;
  } catch (refused) {
    if (refused instanceof RateLimiterRes) return Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
    throw refused;
  }
}
