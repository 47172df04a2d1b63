/**
 * A stack's newest state file that is not whole (a power cut in the middle of a write, a full disk) gives way to its
 * last good copy: the one beside it, which is one write older, or one that an earlier run left in history or backups.
 * A mark stays until reality and state were brought together again; a state that a backup brought back has one too.
 */
import { mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { type Message, message, MessageError } from "#app/domain/message/message.ts";
import type { Inventory } from "#app/ports/hypervisor.ts";
import { kindOf } from "#app/domain/operation/kinds.ts";
import type { RunRequest } from "#app/ports/stack-engine.ts";
import { checkpointSchema, readIfThere, readState, type StackFiles } from "#pulumi/stack/stack-files.ts";

/** The state is damaged and its copies do not tell enough to continue automatically. */
export class StateTorn extends MessageError {
  override readonly name = "StateTorn";
}

interface Copy {
  readonly path: string;
  readonly modified: number;
  /** Left by a run that had ended, so that it knows everything that earlier runs made. */
  readonly ofEndedRun: boolean;
}

/** As messages have it. */
const unknownTime = "";

const markSchema = z.object({ from: z.string(), complete: z.boolean() });
const markOf = (files: StackFiles): string => join(files.folder, "mended.json");

/**
 * Makes the state readable again if it is not. Returns what was done, null when nothing was. Throws
 * StateTorn when there is no good copy of a state that once was whole, unless `forTeardown`: a teardown finds everything on
 * the host. Only for the holder of the stack.
 */
export async function repairState(files: StackFiles, forTeardown = false): Promise<Message | null> {
  const text = await readIfThere(files.checkpoint);
  if (text !== null && isWhole(text)) {
    await repairSettings(files, text);
    return null;
  }
  const copies = await copiesOf(files);
  if (text === null && copies.length === 0) return null;
  return await restore(files, copies, forTeardown);
}

/** Whether {@link repairState} would have something to do. Changes nothing. */
export async function isTorn(files: StackFiles): Promise<boolean> {
  const text = await readIfThere(files.checkpoint);
  if (text === null) return (await copiesOf(files)).length > 0;
  if (!isWhole(text)) return true;
  const salted = (await readIfThere(files.settings))?.includes("encryptionsalt:") ?? false;
  return !salted && saltSchema.safeParse(JSON.parse(text)).success;
}

async function restore(files: StackFiles, copies: readonly Copy[], forTeardown: boolean): Promise<Message> {
  const good = await newestGood(copies);
  const isLost = good === null && copies.some((c) => c.ofEndedRun);
  if (isLost && !forTeardown) throw new StateTorn([message("state-torn")]);
  await writeMark(
    files,
    isLost ? { from: unknownTime, complete: false } : { from: good?.from ?? "nothing", complete: good?.complete ?? true },
  );
  await rename(files.checkpoint, join(files.folder, "state.torn")).catch(ignoreMissing);
  if (good === null) {
    // Copies that stayed would make a state out of nothing, and a torn one, for ever.
    for (const { path } of copies) await rename(path, join(files.folder, `${basename(path)}.torn`)).catch(ignoreMissing);
    return message(isLost ? "state-lost" : "state-reset");
  }
  await writeDurably(files.checkpoint, good.text);
  await repairSettings(files, good.text);
  return message("copy-taken", { from: good.from });
}

interface Good {
  readonly text: string;
  readonly from: string;
  /** No record of an ended run is newer: what it does not know, only an interrupted run can have made. */
  readonly complete: boolean;
}

/** `copies`: newest first. */
async function newestGood(copies: readonly Copy[]): Promise<Good | null> {
  let complete = true;
  for (const { path, modified, ofEndedRun } of copies) {
    const text = await readIfThere(path);
    if (text !== null && isWhole(text)) return { text, from: new Date(modified).toISOString(), complete };
    complete &&= !ofEndedRun;
  }
  return null;
}

export interface KeptState {
  /** Whether the newest state file is. */
  readonly whole: boolean;
  /** Null: nothing but copies, and none of them is whole. */
  readonly text: string | null;
  /** When the copy was made that stands in for the newest; null: it is the newest. */
  readonly from: string | null;
}

/** What a backup keeps of a stack: what {@link repairState} would leave. Null: it has no state. Changes nothing. */
export async function stateToKeep(files: StackFiles): Promise<KeptState | null> {
  const text = await readIfThere(files.checkpoint);
  if (text !== null && isWhole(text)) return { whole: true, text, from: null };
  const copies = await copiesOf(files);
  if (text === null && copies.length === 0) return null;
  const good = await newestGood(copies);
  return { whole: false, text: good?.text ?? text, from: good?.from ?? null };
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

const saltSchema = z.object({
  checkpoint: z.object({ latest: z.object({ secrets_providers: z.object({ state: z.object({ salt: z.string() }) }) }) }),
});

/** Without the passphrase's salt the stack cannot be opened; the state has a copy of it. */
async function repairSettings(files: StackFiles, state: string): Promise<void> {
  if ((await readIfThere(files.settings))?.includes("encryptionsalt:")) return;
  const salt = saltSchema.safeParse(JSON.parse(state));
  if (salt.success) await writeDurably(files.settings, `encryptionsalt: ${salt.data.checkpoint.latest.secrets_providers.state.salt}\n`);
}

/** Starts again. Copies go first: they would be taken for those of a lost state. The mark is the caller's, and goes last. */
export async function setStateAside(files: StackFiles): Promise<void> {
  for (const { path } of await copiesOf(files)) await rm(path, { force: true });
  await rename(files.checkpoint, join(files.folder, "state.absent")).catch(ignoreMissing);
  await flush(dirname(files.checkpoint));
}

/** One that says that machines may be unknown stays: a copy that is taken later knows no more of them. */
async function writeMark(files: StackFiles, mark: z.infer<typeof markSchema>): Promise<void> {
  if ((await readMark(files))?.complete === false) return;
  await mkdir(files.folder, { recursive: true, mode: 0o700 });
  await writeDurably(markOf(files), JSON.stringify(mark));
}

/** For a state of an earlier time, or none, that takes the newest one's place: since then machines may have been made. */
export const markRestored = (files: StackFiles, from: string): Promise<void> => writeMark(files, { from, complete: false });

/** Whether the state was repaired or restored, and not yet compared with what is there. */
export const wasRepaired = async (files: StackFiles): Promise<boolean> => (await readMark(files)) !== null;

export const forgetRepair = (files: StackFiles): Promise<void> => rm(markOf(files), { force: true });

/**
 * Throws StateTorn when the copy that took the state's place is too old to say that a machine it does not know is
 * nobody's. Call before anything is removed for being unknown. Destroying removes all of them anyway.
 */
export async function guardRepaired(files: StackFiles, inventory: Inventory, kind: RunRequest["kind"]): Promise<void> {
  const mark = await readMark(files);
  if (mark === null || mark.complete || kindOf({ kind }).removesCluster) return;
  const known = await machinesIn(files);
  const unknown = inventory.machines.filter((m) => m.owner !== null && !known.has(m.name)).map((m) => m.name);
  if (unknown.length === 0) return;
  throw new StateTorn([message("state-outdated", { from: Number.isNaN(Date.parse(mark.from)) ? unknownTime : mark.from, names: unknown })]);
}

async function machinesIn(files: StackFiles): Promise<ReadonlySet<unknown>> {
  // Not what was only begun: it may have been finished after the copy was made.
  const all = (await readState(files))?.resources ?? [];
  return new Set(all.filter((r) => r.type.endsWith(":Domain")).map((r) => r.outputs?.name ?? r.inputs?.name));
}

async function readMark(files: StackFiles): Promise<z.infer<typeof markSchema> | null> {
  const text = await readIfThere(markOf(files));
  if (text === null) return null;
  // A mark that is torn itself still marks; the less is known, the less is removed.
  const read = markSchema.safeParse(parsed(text));
  return read.success ? read.data : { from: unknownTime, complete: false };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Whole or not at all, also after a power cut. */
export async function writeDurably(path: string, text: string): Promise<void> {
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
    const names = (await readdir(folder).catch(() => [])).filter(
      (n) => n.endsWith(".tmp") && (folder !== dirname(files.checkpoint) || n.startsWith(mine)),
    );
    await Promise.all(names.map((n) => rm(join(folder, n), { force: true })));
  }
}
