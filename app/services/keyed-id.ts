/** Ids that follow from an idempotency key: what is made twice with one key is the same thing. */
import type { SecretMaker } from "#app/ports/secret-maker.ts";

/** In the shape of a UUID. `what` keeps apart what different verbs make with the same key. */
export function keyedId(secrets: SecretMaker, what: string, personId: string, key: string): string {
  const d = secrets.digest(`${what} ${personId} ${key}`);
  return `${d.slice(0, 8)}-${d.slice(8, 12)}-8${d.slice(13, 16)}-a${d.slice(17, 20)}-${d.slice(20, 32)}`;
}
