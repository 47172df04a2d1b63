/** Randomness and the digest under which secrets are looked up. */
export interface SecretMaker {
  /** Sortable unique id. */
  id(): string;
  /** 256 random bits, URL-safe text. */
  secret(): string;
  /** SHA-256, hex: all that is stored of a session, token or invitation. */
  digest(secret: string): string;
}
