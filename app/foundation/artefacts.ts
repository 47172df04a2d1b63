/**
 * Content-addressed build outputs. An artefact is a folder `<cache>/artefacts/<name>/<hash of its inputs>`; it is
 * built in a sibling folder and renamed into place, so a folder that exists is complete, whatever was interrupted.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

export interface ArtefactRequest {
  readonly cache: string;
  /** kebab-case, e.g. `pulumi-cli`. */
  readonly name: string;
  /** Full hex hash of everything the output depends on; see {@link hashInputs}. */
  readonly hash: string;
}

export const artefactPath = (r: ArtefactRequest): string => join(r.cache, "artefacts", r.name, r.hash.slice(0, 32));

export const artefactExists = (r: ArtefactRequest): boolean => existsSync(artefactPath(r));

/** Builds the artefact unless it is there; two builders at once both succeed and one result stays. */
export async function ensureArtefact(r: ArtefactRequest, build: (folder: string) => Promise<void>): Promise<string> {
  const done = artefactPath(r);
  if (existsSync(done)) return done;
  const partial = `${done}.partial-${process.pid}`;
  await removeLeftovers(dirname(done));
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  try {
    await build(partial);
    if (!existsSync(done)) await rename(partial, done);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return done;
}

/** Removes what processes that are gone had begun in this folder: names that end in `.partial-` and their process id. */
export async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const left = names.filter((name) => {
    const pid = /\.partial-(\d+)$/.exec(name)?.[1];
    return pid !== undefined && Number(pid) !== process.pid && !lives(Number(pid));
  });
  await Promise.all(left.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** SHA-256 over names and contents of the given files and folders (sorted) and of extra strings. */
export async function hashInputs(root: string, paths: readonly string[], extra: readonly string[] = []): Promise<string> {
  const h = createHash("sha256");
  const files: string[] = [];
  for (const p of paths) files.push(...(await filesBelow(join(root, p))));
  for (const f of files.sort()) {
    h.update(`${relative(root, f)}\0`);
    h.update(await readFile(f));
    h.update("\0");
  }
  for (const e of extra) h.update(`${e}\0`);
  return h.digest("hex");
}

async function filesBelow(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  return entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name));
}
