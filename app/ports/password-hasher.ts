/** Slow, salted hashes of passwords. */
export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** False for a wrong password; takes the same time when `hash` is null (no such person). */
  verify(hash: string | null, password: string): Promise<boolean>;
}
