/** A folder as one file (gzipped tar, by the system's `tar`), and checksums of what is in it. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { link, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface FileSum {
  /** Relative to the folder. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Writes `target` (mode 0600) whole or not at all, and never over a file that appeared there in the meantime. */
export async function packFolder(folder: string, target: string): Promise<void> {
  const partial = `${target}.${process.pid}.part`;
  try {
    // Made first, so that at no moment anybody else may read it.
    await (await open(partial, "wx", 0o600)).close();
    await tar(["-czf", partial, "--owner=0", "--group=0", "-C", folder, "."], `writing ${target}`);
    const file = await open(partial, "r");
    await file.sync().finally(() => file.close());
    await nameNew(partial, target);
    const parent = await open(dirname(target), "r");
    await parent.sync().finally(() => parent.close());
  } finally {
    await rm(partial, { force: true });
  }
}

/** A hard link replaces nothing; a file system that has none gets the file by renaming. */
async function nameNew(made: string, target: string): Promise<void> {
  try {
    await link(made, target);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new Error(`writing ${target}: it exists already and was not replaced`, { cause: error });
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(code)) throw error;
    await rename(made, target);
  }
}

/** tar itself refuses names that would lead out of the folder. */
export async function unpackInto(archive: string, folder: string): Promise<void> {
  await tar(["-xzf", archive, "--no-same-owner", "--no-same-permissions", "-C", folder], `reading ${archive}`);
}

async function tar(args: readonly string[], doing: string): Promise<void> {
  try {
    await run("tar", [...args], { env: { PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C", NODE_ENV: "production" } });
  } catch (error) {
    const { stderr = "", message } = error as Error & { stderr?: string };
    throw new Error(`${doing}: ${stderr.trim().split("\n").at(0) || message}`, { cause: error });
  }
}

/** Every file below the folder, sorted by path. Anything that is neither file nor folder is an error. */
export async function sumsOf(folder: string): Promise<readonly FileSum[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const odd = entries.find((e) => !e.isFile() && !e.isDirectory());
  if (odd) throw new Error(`reading ${folder}: ${odd.name} is neither a file nor a folder`);
  const paths = entries
    .filter((e) => e.isFile())
    .map((e) => join(e.parentPath, e.name))
    .sort();
  const sums: FileSum[] = [];
  for (const path of paths) sums.push({ path: relative(folder, path), bytes: (await stat(path)).size, sha256: await sha256Of(path) });
  return sums;
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
