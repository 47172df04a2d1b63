/** Slow, salted hashes of passwords. Few are made at once; a call rejects with HasherBusy when too many wait already. */
export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** False for a wrong password; takes the same time when `hash` is null (no such person). */
  verify(hash: string | null, password: string): Promise<boolean>;
}

/** Nothing was hashed: come back later. */
export class HasherBusy extends Error {
  override readonly name = "HasherBusy";
}
