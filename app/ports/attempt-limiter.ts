/** Brute-force control: counts failures per account with address, and per address alone. */
export interface AttemptLimiter {
  /** Counts one attempt. `retryAfterSeconds` is 0 when it may go ahead. */
  take(account: string, address: string): Promise<{ readonly retryAfterSeconds: number }>;
  /** A success forgets the failures of that account at that address. */
  forgive(account: string, address: string): Promise<void>;
}
