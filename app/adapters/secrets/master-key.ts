/**
 * The master key that wraps every tenant's data key: 32 random bytes, base64, in a file outside the database. Whoever
 * has a copy of the database but not of this file has nothing.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { link, mkdir, open, readFile, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { keyBytes, SecretUnreadable } from "./envelope.ts";

/** Null when the file does not exist. Throws SecretUnreadable when it is open to others or not a key. */
export async function readMasterKey(file: string): Promise<Buffer | null> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw new SecretUnreadable(`reading the master key ${file}: ${error.message}`, { cause: error });
  });
  if (text === null) return null;
  await refuseOpenFile(file);
  const key = Buffer.from(text.trim(), "base64");
  if (key.length !== keyBytes) throw new SecretUnreadable(`reading the master key ${file}: it must hold ${keyBytes} bytes in base64`);
  return key;
}

/** Group read is fine (a mounted secret has it); the rest of the world, and anybody else's writing, is not. */
async function refuseOpenFile(file: string): Promise<void> {
  const { mode } = await stat(file);
  if ((mode & 0o037) !== 0) throw new SecretUnreadable(`reading the master key ${file}: others may read or change it; run chmod 600 on it`);
}

/** Writes a new key, durably and all at once; when another process was first, its key is the one. */
export async function makeMasterKey(file: string): Promise<Buffer> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomUUID()}`;
  await writeDurably(draft, `${randomBytes(keyBytes).toString("base64")}\n`);
  try {
    // A link never replaces what is there, unlike a rename.
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await unlink(draft);
  }
  await flush(dirname(file));
  const key = await readMasterKey(file);
  if (!key) throw new SecretUnreadable(`reading the master key ${file}: it was removed while it was made`);
  return key;
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, "wx", 0o600);
  try {
    await handle.writeFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function flush(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
