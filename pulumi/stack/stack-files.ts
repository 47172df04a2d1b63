/**
 * Where a stack's state and working files are, and what can be read from them without the engine. All of it belongs to
 * one tenant's folder, so that no name can reach into another tenant's state.
 */
import { hostname } from "node:os";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { z } from "zod";
import { message, MessageError } from "#app/domain/message/message.ts";
import type { StateSize, StateSizes } from "#app/ports/stack-engine.ts";
import { isEnding, startedAt } from "./processes.ts";

export const projectName = "berth";

export interface StackFiles {
  /** `<home>/tenants/<tenantId>`. */
  readonly tenantFolder: string;
  /** The file backend of the tenant. */
  readonly backend: string;
  /** Pulumi's working folder: project and stack settings (with the passphrase's salt), kept with the state. */
  readonly folder: string;
  /** Made again for each run, 0700, removed after it: TMPDIR, HOME, PULUMI_HOME. */
  readonly scratch: string;
  readonly settings: string;
  readonly checkpoint: string;
  readonly locks: string;
  readonly history: string;
  readonly backups: string;
  /** Where the latest operation found each serial console when it began. */
  readonly consoleBeginnings: string;
}

export function stackFiles(home: string, tenantId: string, stackName: string): StackFiles {
  for (const part of [tenantId, stackName]) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(part)) throw new Error(`finding the stack's folder: ${JSON.stringify(part)} is no name`);
  }
  const tenantFolder = join(home, "tenants", tenantId);
  const backend = join(tenantFolder, "state");
  const folder = join(tenantFolder, "stacks", stackName);
  const pulumi = join(backend, ".pulumi");
  return {
    tenantFolder,
    backend,
    folder,
    scratch: join(folder, "run"),
    settings: join(folder, `Pulumi.${stackName}.yaml`),
    checkpoint: join(pulumi, "stacks", projectName, `${stackName}.json`),
    locks: join(pulumi, "locks", "organization", projectName, stackName),
    history: join(pulumi, "history", projectName, stackName),
    backups: join(pulumi, "backups", projectName, stackName),
    consoleBeginnings: join(folder, "console.json"),
  };
}

/** The address of a file backend. The engine reads it as a URL, in which these characters of a folder's name mean something else. */
export const backendUrl = (folder: string): string => `file://${encodeURI(folder).replace(/[?#]/g, encodeURIComponent)}?metadata=skip`;

/** Files of a check beside a run: a working folder and scratch of its own, the same state. */
export const lookFiles = (files: StackFiles): StackFiles => ({
  ...files,
  folder: join(files.folder, "look", "work"),
  scratch: join(files.folder, "look", "run"),
});

const resourceSchema = z.object({
  urn: z.string(),
  type: z.string(),
  custom: z.boolean().optional(),
  id: z.string().optional(),
  inputs: z.record(z.string(), z.unknown()).optional(),
  outputs: z.record(z.string(), z.unknown()).optional(),
  /** What went wrong after the provider had given it an id: it is there, and it is not as it should be. */
  initErrors: z.array(z.string()).nullish(),
});

/** Of the state's file, what Berth reads. */
export const checkpointSchema = z.object({
  checkpoint: z.object({
    latest: z
      .object({
        resources: z.array(resourceSchema).nullish(),
        pending_operations: z.array(z.object({ resource: resourceSchema, type: z.string() })).nullish(),
      })
      .nullish(),
  }),
});

export type StateResource = z.infer<typeof resourceSchema>;

export interface StackState {
  readonly resources: readonly StateResource[];
  /** What was begun and not recorded as finished. */
  readonly pending: readonly { readonly resource: StateResource; readonly type: string }[];
}

/** Null when the stack does not exist. Throws when the file is torn. */
export async function readState(files: StackFiles): Promise<StackState | null> {
  const text = await readIfThere(files.checkpoint);
  if (text === null) return null;
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new MessageError([message("state-unreadable")], { cause });
  }
  const { latest } = checkpointSchema.parse(document).checkpoint;
  return { resources: latest?.resources ?? [], pending: latest?.pending_operations ?? [] };
}

const lockSchema = z.object({ pid: z.number(), hostname: z.string(), timestamp: z.string() });

export interface StackLock {
  readonly path: string;
  readonly holder: "dead" | "alive" | "elsewhere" | "unknown";
  /** Who holds it, as `state-locked` has it: without words, because every language shows the same. Empty: not known. */
  readonly heldBy: string;
}

/** Every lock on the stack, with the proof of whether its holder still lives. */
export async function readLocks(files: StackFiles): Promise<readonly StackLock[]> {
  const names = await readdir(files.locks).catch(() => []);
  return await Promise.all(names.filter((n) => n.endsWith(".json")).map((n) => readLock(join(files.locks, n))));
}

async function readLock(path: string): Promise<StackLock> {
  const text = await readIfThere(path);
  if (text === null) return { path, holder: "dead", heldBy: "" };
  const lock = parseLock(text);
  if (lock === null) return { path, holder: "unknown", heldBy: "" };
  const heldBy = `PID ${lock.pid} (${lock.hostname}, ${lock.timestamp})`;
  if (lock.hostname !== hostname()) return { path, holder: "elsewhere", heldBy };
  const started = startedAt(lock.pid);
  // A process that started after the lock was written only inherited the number.
  const dead = started === null || started > Date.parse(lock.timestamp) + 1_000 || isEnding(lock.pid);
  return { path, holder: dead ? "dead" : "alive", heldBy };
}

function parseLock(text: string): z.infer<typeof lockSchema> | null {
  try {
    return lockSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** How much a stack's state takes up, and how many earlier states are kept of it. */
export async function sizeOf(files: StackFiles): Promise<StateSize> {
  const paths = await pathsOf(files);
  const bytes = await Promise.all(paths.filter((p) => p !== files.folder).map(bytesIn));
  const names = await readdir(files.history).catch(() => []);
  return { bytes: bytes.reduce((sum, b) => sum + b, 0), checkpoints: names.filter((n) => n.endsWith(".checkpoint.json")).length };
}

export const stateSizes = (home: string): StateSizes => ({
  size: (tenantId, stackName) => sizeOf(stackFiles(home, tenantId, stackName)),
});

async function bytesIn(path: string): Promise<number> {
  const found = await stat(path).catch(() => null);
  if (found === null) return 0;
  if (!found.isDirectory()) return found.size;
  const names = await readdir(path).catch(() => []);
  return (await Promise.all(names.map((n) => bytesIn(join(path, n))))).reduce((sum, b) => sum + b, 0);
}

/** Keeps the newest `keep` records of history and backups. Call only while holding the stack. */
export async function pruneHistory(files: StackFiles, keep: number): Promise<void> {
  // One run leaves a record and a checkpoint in history, and one backup.
  await pruneFolder(files.history, keep * 2);
  await pruneFolder(files.backups, keep);
}

async function pruneFolder(folder: string, keep: number): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const aged = await Promise.all(names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })));
  aged.sort((a, b) => b.at - a.at || (a.name < b.name ? 1 : -1));
  await Promise.all(aged.slice(keep).map((f) => rm(join(folder, f.name), { force: true, recursive: true })));
}

/** Everything on disk that is only this stack's. */
export async function pathsOf(files: StackFiles): Promise<readonly string[]> {
  const stacks = join(files.checkpoint, "..");
  const base = files.checkpoint.slice(stacks.length + 1);
  const beside = (await readdir(stacks).catch(() => [])).filter((n) => n === base || n.startsWith(`${base}.`));
  const candidates = [...beside.map((n) => join(stacks, n)), files.history, files.backups, files.locks, files.folder];
  const there = await Promise.all(candidates.map(async (p) => ((await stat(p).catch(() => null)) === null ? null : p)));
  return there.filter((p): p is string => p !== null);
}

/** Removes all of it; returns what was there, relative to the tenant's folder. */
export async function removeStackFiles(files: StackFiles): Promise<readonly string[]> {
  const paths = await pathsOf(files);
  // The state itself goes last: without it, copies would look like those of a state that was lost.
  const copies = paths.filter((p) => p !== files.checkpoint);
  await Promise.all(copies.map((p) => rm(p, { recursive: true, force: true })));
  await rm(files.checkpoint, { force: true });
  return paths.map((p) => relative(files.tenantFolder, p)).sort();
}

export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
