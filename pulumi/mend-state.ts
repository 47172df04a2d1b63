/**
 * A stack's newest state file that is not whole (a power cut in the middle of a write, a full disk) gives way to its
 * last good copy: the one beside it, which is one write older, or one that an earlier run left in history or backups.
 * A mark stays until reality and state were brought together again.
 */
import { open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { sentenceOf } from "#app/domain/sentences.ts";
import type { Inventory } from "#app/ports/hypervisor.ts";
import type { StackRun } from "#app/ports/stack-engine.ts";
import { checkpointSchema, readIfThere, readState, type StackFiles } from "./stack-files.ts";

/** The state is damaged and its copies do not tell enough to go on by themselves. */
export class StateTorn extends Error {
  override readonly name = "StateTorn";
}

interface Copy {
  readonly path: string;
  readonly modified: number;
  /** Left by a run that had ended, so that it knows everything that earlier runs made. */
  readonly ofEndedRun: boolean;
}

const markSchema = z.object({ from: z.string(), complete: z.boolean() });
const markOf = (files: StackFiles): string => join(files.folder, "mended.json");

/**
 * Makes the state readable again if it is not. Returns one sentence about what was done, null when nothing was. Throws
 * StateTorn when there is no good copy of a state that once was whole. Only for the holder of the stack.
 */
export async function mendState(files: StackFiles): Promise<string | null> {
  const text = await readIfThere(files.checkpoint);
  if (text !== null && isWhole(text)) {
    await mendSettings(files, text);
    return null;
  }
  const copies = await copiesOf(files);
  if (text === null && copies.length === 0) return null;
  return await restore(files, copies);
}

/** Whether {@link mendState} would have something to do. Changes nothing. */
export async function isTorn(files: StackFiles): Promise<boolean> {
  const text = await readIfThere(files.checkpoint);
  if (text === null) return (await copiesOf(files)).length > 0;
  if (!isWhole(text)) return true;
  const salted = (await readIfThere(files.settings))?.includes("encryptionsalt:") ?? false;
  return !salted && saltSchema.safeParse(JSON.parse(text)).success;
}

async function restore(files: StackFiles, copies: readonly Copy[]): Promise<string> {
  const texts = await Promise.all(copies.map(async (c) => ({ ...c, text: await readFile(c.path, "utf8") })));
  const found = texts.findIndex((c) => isWhole(c.text));
  const good = texts[found];
  if (good === undefined && copies.some((c) => c.ofEndedRun)) throw new StateTorn(sentenceOf("state-torn"));
  const complete = !texts.slice(0, found).some((c) => c.ofEndedRun);
  const from = good === undefined ? "nothing" : new Date(good.modified).toISOString();
  await writeFile(markOf(files), JSON.stringify({ from, complete }), { mode: 0o600 });
  await rename(files.checkpoint, join(files.folder, "state.torn")).catch(ignoreMissing);
  if (good === undefined) return sentenceOf("state-anew");
  await writeDurably(files.checkpoint, good.text);
  await mendSettings(files, good.text);
  return sentenceOf("copy-taken", { from });
}

/** Every copy there is, newest first. */
async function copiesOf(files: StackFiles): Promise<readonly Copy[]> {
  const beside = [{ path: `${files.checkpoint}.bak`, ofEndedRun: false }];
  const history = (await namesIn(files.history, ".checkpoint.json")).map((path) => ({ path, ofEndedRun: true }));
  // Written when a run ends, like those in history.
  const backups = (await namesIn(files.backups, ".json")).map((path) => ({ path, ofEndedRun: true }));
  const dated = await Promise.all(
    [...beside, ...history, ...backups].map(async (c) => ({ ...c, modified: (await stat(c.path).catch(() => null))?.mtimeMs ?? null })),
  );
  return dated.filter((c): c is Copy => c.modified !== null).sort((a, b) => b.modified - a.modified);
}

const namesIn = async (folder: string, ending: string): Promise<readonly string[]> =>
  (await readdir(folder).catch(() => [])).filter((n) => n.endsWith(ending)).map((n) => join(folder, n));

function isWhole(text: string): boolean {
  try {
    return checkpointSchema.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}

const saltSchema = z.object({ checkpoint: z.object({ latest: z.object({ secrets_providers: z.object({ state: z.object({ salt: z.string() }) }) }) }) });

/** Without the passphrase's salt the stack cannot be opened; the state has a copy of it. */
async function mendSettings(files: StackFiles, state: string): Promise<void> {
  if ((await readIfThere(files.settings))?.includes("encryptionsalt:")) return;
  const salt = saltSchema.safeParse(JSON.parse(state));
  if (salt.success) await writeDurably(files.settings, `encryptionsalt: ${salt.data.checkpoint.latest.secrets_providers.state.salt}\n`);
}

/** Whether the state was mended and not yet compared with what is there. */
export const wasMended = async (files: StackFiles): Promise<boolean> => (await readMark(files)) !== null;

export const forgetMend = (files: StackFiles): Promise<void> => rm(markOf(files), { force: true });

/**
 * Throws StateTorn when the copy that took the state's place is too old to say that a machine it does not know is
 * nobody's. Call before anything is removed for being unknown. Destroying removes all of them anyway.
 */
export async function guardMended(files: StackFiles, inventory: Inventory, kind: StackRun["kind"]): Promise<void> {
  const mark = await readMark(files);
  if (mark === null || mark.complete || kind === "destroy") return;
  const known = await machinesIn(files);
  const unknown = inventory.machines.filter((m) => m.owner !== null && !known.has(m.name)).map((m) => m.name);
  if (unknown.length === 0) return;
  throw new StateTorn(sentenceOf("copy-too-old", { from: mark.from, names: unknown.join(", ") }));
}

async function machinesIn(files: StackFiles): Promise<ReadonlySet<unknown>> {
  const state = await readState(files);
  const all = [...(state?.resources ?? []), ...(state?.pending ?? []).map((p) => p.resource)];
  return new Set(all.filter((r) => r.type.endsWith(":Domain")).map((r) => r.outputs?.name ?? r.inputs?.name));
}

async function readMark(files: StackFiles): Promise<z.infer<typeof markSchema> | null> {
  const text = await readIfThere(markOf(files));
  if (text === null) return null;
  // A mark that is torn itself still marks; the less is known, the less is removed.
  const read = markSchema.safeParse(parsed(text));
  return read.success ? read.data : { from: "unknown time", complete: false };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Whole or not at all, also after a power cut. */
async function writeDurably(path: string, text: string): Promise<void> {
  const partial = `${path}.mend`;
  await writeFile(partial, text, { mode: 0o600, flush: true });
  await rename(partial, path);
  await flush(dirname(path));
}

/** Brings what a run has written down to the disk: the engine itself does not. */
export async function makeDurable(files: StackFiles): Promise<void> {
  const newest = (await namesIn(files.history, ".json")).toSorted().slice(-2);
  for (const path of [files.checkpoint, ...newest, files.settings]) await flush(path);
  for (const folder of new Set([files.checkpoint, ...newest, files.settings].map((path) => dirname(path)))) await flush(folder);
}

async function flush(path: string): Promise<void> {
  const file = await open(path, "r").catch(ignoreMissing);
  if (!file) return;
  await file.sync().finally(() => file.close());
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

/** Unfinished writes of a run that was killed. Only for the holder of the stack, while nothing runs. */
export async function removeUnfinishedWrites(files: StackFiles): Promise<void> {
  const mine = `${basename(files.checkpoint)}.`;
  for (const folder of [dirname(files.checkpoint), files.history, files.backups]) {
    const names = (await readdir(folder).catch(() => [])).filter((n) => n.endsWith(".tmp") && (folder !== dirname(files.checkpoint) || n.startsWith(mine)));
    await Promise.all(names.map((n) => rm(join(folder, n), { force: true })));
  }
}
