/** Small files in `<home>/run` and `<home>/keys` by which the portal and whoever started it find each other. */
import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile } from "#app/adapters/files/atomic.ts";
import type { Sessions } from "#app/services/people/sessions.ts";
import type { SecretMaker } from "#app/ports/secret-maker.ts";

/**
 * The folders. `home` itself can be walked through, because machines' disks below it belong to other users; what is
 * secret lies in folders of its own.
 */
export async function makeFolders(home: string): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o711 });
  await chmod(home, 0o711);
  for (const name of ["run", "keys", "tenants"]) await mkdir(join(home, name), { recursive: true, mode: 0o700 });
}

/** Signs session cookies; made at the first start. Whoever loses it signs everybody out, nothing more. */
export async function cookieKey(home: string): Promise<Buffer> {
  const path = join(home, "keys", "cookie.key");
  const kept = await readFile(path, "utf8").catch(() => null);
  if (kept !== null && /^[0-9a-f]{64}\s*$/.test(kept)) return Buffer.from(kept.trim(), "hex");
  const made = randomBytes(32);
  await replaceFile(path, `${made.toString("hex")}\n`);
  return made;
}

/** A token for whoever can read root's files on this machine, made again at each start: the command line finds it there. */
export async function writeLocalToken(home: string, sessions: Sessions, secrets: SecretMaker): Promise<void> {
  const secret = `berth_local_${secrets.secret()}`;
  sessions.acceptLocal(secret);
  await replaceFile(localTokenFile(home), `${secret}\n`);
}

/** Tells the launcher that this very process listens: something else could answer at the address. */
export const writeListening = (home: string): Promise<void> => replaceFile(join(home, "run", "listening"), `${process.pid}\n`);

export const localTokenFile = (home: string): string => join(home, "run", "local-token");
const firstLinkFile = (home: string): string => join(home, "run", "first-link");

/** Writes the link that makes the first operator as long as there are no people, and removes it when there are. */
export async function writeFirstLink(home: string, sessions: Sessions, publicUrl: string): Promise<void> {
  const path = firstLinkFile(home);
  const kept = (await readFile(path, "utf8").catch(() => "")).trim();
  const secret = await sessions.firstLink(kept === "" ? null : (kept.split("/").at(-1) ?? null));
  if (secret === null) return rm(path, { force: true });
  const link = `${publicUrl}/join/${secret}`;
  if (link !== kept) await replaceFile(path, `${link}\n`);
}
