/**
 * `node app/setup/bootstrap.mjs prune [--yes]`: what newer builds have superseded in the cache, and nobody uses. Without
 * `--yes` it only lists it. An image is in use while a stack's state or a running program names its folder.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { readConfig } from "#app/foundation/config.server.ts";
import { allPids } from "#app/foundation/processes.ts";

export interface Superseded {
  readonly folder: string;
  readonly bytes: number;
}

/** Everything that a newer build of the same name stands beside, but for what is in use; largest first. */
export async function supersededIn(cache: string, home: string): Promise<readonly Superseded[]> {
  const root = join(cache, "artefacts");
  const older: string[] = [];
  for (const name of await namesIn(root)) older.push(...(await olderIn(join(root, name))));
  const used = await usersOf(home);
  const free = older.filter((folder) => !used.some((text) => text.includes(folder)));
  const sized = await Promise.all(free.map(async (folder) => ({ folder, bytes: await bytesIn(folder) })));
  return sized.sort((a, b) => b.bytes - a.bytes);
}

const namesIn = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => []);

/** All but the newest; what is being built is no business of ours. */
async function olderIn(folder: string): Promise<readonly string[]> {
  const names = (await namesIn(folder)).filter((name) => /^[0-9a-f]{32}$/.test(name));
  const dated = await Promise.all(names.map(async (name) => ({ path: join(folder, name), at: (await stat(join(folder, name))).mtimeMs })));
  return dated
    .sort((a, b) => b.at - a.at)
    .slice(1)
    .map((d) => d.path);
}

/** Texts in which the folder of something in use stands: states of stacks, and programs with their arguments. */
async function usersOf(home: string): Promise<readonly string[]> {
  const texts = allPids().flatMap((pid) => [
    textOf(() => readFileSync(`/proc/${pid}/cmdline`, "utf8")),
    textOf(() => readlinkSync(`/proc/${pid}/exe`)),
  ]);
  for (const tenant of await namesIn(join(home, "tenants"))) {
    const stacks = join(home, "tenants", tenant, "state", ".pulumi", "stacks");
    const files = (await readdir(stacks, { recursive: true }).catch(() => [])).filter((name) => name.endsWith(".json"));
    texts.push(...(await Promise.all(files.map((name) => readFile(join(stacks, name), "utf8")))));
  }
  return texts;
}

function textOf(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}

async function bytesIn(folder: string): Promise<number> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((e) => e.isFile());
  const sizes = await Promise.all(entries.map(async (e) => (await stat(join(e.parentPath, e.name)).catch(() => null))?.size ?? 0));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

export const gibibytes = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
export const totalOf = (found: readonly Superseded[]): number => found.reduce((sum, { bytes }) => sum + bytes, 0);

if (import.meta.main) {
  const { cache, home } = readConfig(process.env, process.getuid?.() ?? -1);
  const found = await supersededIn(cache, home);
  const remove = process.argv.includes("--yes");
  for (const { folder, bytes } of found) {
    if (remove) await rm(folder, { recursive: true });
    console.log(`${remove ? "removed" : "unused "} ${gibibytes(bytes).padStart(8)}  ${folder}`);
  }
  console.log(`${gibibytes(totalOf(found))} ${remove ? "freed" : found.length === 0 ? "to free" : "to free: say --yes to remove it"}`);
}
