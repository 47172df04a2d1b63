/**
 * AES-256-GCM seals: `v1.<key id>.<base64url of nonce, tag and ciphertext>`. The context is bound into the seal, so that
 * a row moved to another tenant, cluster or kind does not open; the key id tells a wrong key from an altered row.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

export const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** A secret could not be read; the message says why and names no secret. */
export class SecretUnreadable extends Error {
  override readonly name = "SecretUnreadable";
}

/** Names a key without giving it away. */
export const keyId = (key: Buffer): string => createHash("sha256").update("berth key id").update(key).digest("hex").slice(0, 16);

/** Key id that a seal was made with, or null when it is not a seal. */
export const keyIdOf = (sealed: string): string | null => /^v1\.([0-9a-f]{16})\./.exec(sealed)?.[1] ?? null;

export function seal(key: Buffer, context: readonly string[], clear: Buffer): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(bound(context));
  const body = Buffer.concat([cipher.update(clear), cipher.final()]);
  return `v1.${keyId(key)}.${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64url")}`;
}

/** `what` is for the message: what was being read. Throws SecretUnreadable. */
export function unseal(key: Buffer, context: readonly string[], sealed: string, what: string): Buffer {
  const id = keyIdOf(sealed);
  if (id === null) throw new SecretUnreadable(`reading ${what}: the stored value is not one of Berth's`);
  if (id !== keyId(key))
    throw new SecretUnreadable(`reading ${what}: it was sealed with another key (${id}) than the one in use (${keyId(key)})`);
  const bytes = Buffer.from(sealed.slice(`v1.${id}.`.length), "base64url");
  if (bytes.length < nonceBytes + tagBytes) throw altered(what);
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decipher.setAAD(bound(context));
  decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]);
  } catch {
    throw altered(what);
  }
}

const altered = (what: string) => new SecretUnreadable(`reading ${what}: the stored value was altered, or belongs to something else`);

/** Unambiguous for any parts. */
const bound = (context: readonly string[]): Buffer => Buffer.from(JSON.stringify(["berth", ...context]));
