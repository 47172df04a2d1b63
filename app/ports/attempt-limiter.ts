/** Slows down guessing without locking anybody out: delays grow with failures, and a success is forgiven at once. */
export interface AttemptLimiter {
  /**
   * Counts an attempt as failed until `forgive`, and waits its turn. `retryAfterSeconds` is 0 when it may go ahead;
   * otherwise it was not counted. `account` null: not about an account, so only the address is slowed down.
   */
  take(account: string | null, address: string): Promise<{ readonly retryAfterSeconds: number }>;
  /** A success: its attempt does not count, and what failed for that account at that address is forgotten. */
  forgive(account: string | null, address: string): Promise<void>;
}
