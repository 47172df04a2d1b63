/** A key sealed with a person's passphrase, for the one place where both leave the machine together: a backup. */
import { argon2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import type { SealedKey } from "#app/domain/backup.ts";
import { keyBytes, keyId, keyIdOf, seal, unseal } from "./envelope.ts";

/** 64 MiB and three passes: about a fifth of a second for us, and as much for every guess. */
const cost = { memory: 65_536, passes: 3 } as const;

const derive = promisify(argon2);

const keyFrom = async (
  passphrase: string,
  salt: Buffer,
  { memory, passes }: { readonly memory: number; readonly passes: number },
): Promise<Buffer> =>
  Buffer.from(
    await derive("argon2id", { message: passphrase.normalize("NFC"), nonce: salt, parallelism: 1, tagLength: keyBytes, memory, passes }),
  );

/** `context` is bound into the seal. */
export async function sealWithPassphrase(passphrase: string, context: readonly string[], clear: Buffer): Promise<SealedKey> {
  const salt = randomBytes(16);
  const key = await keyFrom(passphrase, salt, cost);
  return { salt: salt.toString("base64"), ...cost, sealed: seal(key, context, clear) };
}

/** Null: another passphrase. Throws SecretUnreadable when it is the right one and what was sealed or bound was changed. */
export async function openWithPassphrase(
  passphrase: string,
  context: readonly string[],
  { salt, sealed, ...asked }: SealedKey,
): Promise<Buffer | null> {
  const key = await keyFrom(passphrase, Buffer.from(salt, "base64"), asked);
  return keyIdOf(sealed) === keyId(key) ? unseal(key, context, sealed, "the backup's key") : null;
}
