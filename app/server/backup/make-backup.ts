/**
 * Writes a backup: rows of the database, state of every stack, the sealed master key, and a manifest over all of it. The
 * portal may run meanwhile. The rows are of one moment; states are copied after it, and all is taken again when an
 * operation began or ended in between. So a restored stack is either at rest, or as a crash at that moment would have
 * left it, which the manifest then says.
 */
import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { copyFile, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { packFolder, sumsOf } from "#app/adapters/files/archive.ts";
import { readMasterKey } from "#app/adapters/secrets/master-key.ts";
import { sealWithPassphrase } from "#app/adapters/secrets/passphrase-seal.ts";
import { programVersion } from "#app/adapters/sql/database/program-version.ts";
import { type Snapshot, withSnapshot } from "#app/adapters/sql/stores/rows-copy.ts";
import { type BackupContents, type BackupManifest, BackupRefused, type BackupStack, demandPassphrase } from "#app/domain/backup.ts";
import type { Config } from "#app/foundation/config.server.ts";
import { markRestored, stateToKeep } from "#pulumi/recovery/repair-state.ts";
import { stackFiles } from "#pulumi/stack/stack-files.ts";
import { versions } from "#pulumi/toolchain/versions.ts";

export interface BackupOrder {
  readonly config: Config;
  readonly target: string;
  readonly passphrase: string;
  readonly now: () => number;
  /** Told when a cut was not of one piece and is taken again. */
  readonly onAgain?: (reason: string) => void;
}

const cutsAtMost = 5;

/** What holds the rows, what holds the states, and what lists them: paths in the archive. */
export const rowsFile = "database.jsonl";
export const tenantsFolder = "tenants";
export const manifestFile = "manifest.json";

/** Binds the sealed key to every word of the contents. */
export const contextOf = (contents: BackupContents): readonly string[] => [
  "backup",
  createHash("sha256").update(JSON.stringify(contents)).digest("hex"),
];

/** Throws BackupRefused and sentences for what could not be read or written. */
export async function makeBackup(o: BackupOrder): Promise<BackupContents> {
  demandPassphrase(o.passphrase);
  await demandFree(o.target);
  const masterKey = await readMasterKey(o.config.secretKeyFile);
  if (masterKey === null)
    throw new BackupRefused(`the master key ${o.config.secretKeyFile} is not there: is this the BERTH_HOME of a portal that has run?`);
  const folder = await mkdtemp(join(dirname(o.target), ".berth-backup-"));
  try {
    const cut = await takeCut(o, folder);
    const contents = await contentsOf(o, folder, cut);
    const manifest: BackupManifest = { contents, key: await sealWithPassphrase(o.passphrase, contextOf(contents), masterKey) };
    await writeFile(join(folder, manifestFile), `${JSON.stringify(manifest, null, 1)}\n`, { mode: 0o600 });
    await packFolder(folder, o.target);
    return contents;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A symbolic link counts as a file, wherever it leads. */
async function demandFree(target: string): Promise<void> {
  const folder = await stat(dirname(target)).catch(() => null);
  if (folder === null) throw new BackupRefused(`the folder ${dirname(target)} does not exist: make it first`);
  if (!folder.isDirectory()) throw new BackupRefused(`${dirname(target)} is not a folder`);
  if ((await lstat(target).catch(() => null)) !== null) throw new BackupRefused(`${target} exists already: a backup replaces no file`);
}

interface Cut {
  readonly steps: readonly string[];
  readonly stacks: readonly BackupStack[];
}

async function takeCut(o: BackupOrder, folder: string): Promise<Cut> {
  for (let cuts = 1; ; cuts++) {
    await emptied(folder);
    const { cut, seen } = await withSnapshot(o.config.database, async (snapshot) => {
      await pipeline(Readable.from(ended(snapshot.lines())), createWriteStream(join(folder, rowsFile), { mode: 0o600 }));
      return { cut: { steps: snapshot.steps, stacks: await copyStacks(o.config.home, folder, snapshot) }, seen: mark(snapshot) };
    });
    if ((await withSnapshot(o.config.database, (after) => Promise.resolve(mark(after)))) === seen) return cut;
    if (cuts === cutsAtMost) throw new BackupRefused("operations began or ended during each of five tries: try again when it is quieter");
    o.onAgain?.("an operation began or ended meanwhile");
  }
}

async function* ended(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}

/** Another mark means that between two moments a stack may have been written for a reason that only one of them knows. */
const mark = ({ clusters, running }: Snapshot): string =>
  JSON.stringify([clusters.map((c) => [c.id, c.generation]), running.map((r) => r.id)]);

async function emptied(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
}

async function copyStacks(home: string, folder: string, snapshot: Snapshot): Promise<readonly BackupStack[]> {
  const stacks: BackupStack[] = [];
  const underWay = new Map(snapshot.running.map((r) => [r.clusterId, r.kind]));
  for (const { id, tenantId, tenant, name } of snapshot.clusters.filter((c) => c.state !== "gone")) {
    const stackName = await snapshot.stackName(id);
    const copied = stackName === null ? null : await copyStack(home, folder, tenantId, stackName);
    // A cluster that never ran has no state yet.
    if (stackName === null || copied === null) continue;
    stacks.push({ tenant, tenantId, cluster: name, stackName, underWay: underWay.get(id) ?? null, whole: copied.whole });
  }
  return stacks;
}

/** Locks, seeds and scratch are left out: they are made again. History too: a copy stands in for a state that is not whole. */
async function copyStack(home: string, folder: string, tenantId: string, stackName: string): Promise<Pick<BackupStack, "whole"> | null> {
  const files = stackFiles(home, tenantId, stackName);
  const kept = stackFiles(folder, tenantId, stackName);
  const state = await stateToKeep(files);
  if (state === null) return null;
  const names = (await readdir(files.folder, { withFileTypes: true }).catch(() => [])).filter((e) => e.isFile()).map((e) => e.name);
  for (const name of names) await copyIfThere(join(files.folder, name), join(kept.folder, name));
  await copyIfThere(join(files.backend, ".pulumi", "meta.yaml"), join(kept.backend, ".pulumi", "meta.yaml"));
  await mkdir(dirname(kept.checkpoint), { recursive: true, mode: 0o700 });
  if (state.text !== null) await writeFile(kept.checkpoint, state.text, { mode: 0o600 });
  if (state.from !== null) await markRestored(kept, state.from);
  return state;
}

async function copyIfThere(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await copyFile(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw new Error(`copying ${from}: ${error.message}`, { cause: error });
  });
}

async function contentsOf(o: BackupOrder, folder: string, { steps, stacks }: Cut): Promise<BackupContents> {
  return {
    kind: "berth-backup",
    schema: 1,
    id: randomUUID(),
    madeAt: new Date(o.now()).toISOString(),
    versions: { berth: programVersion, node: process.versions.node, engine: versions.pulumi, ...versions.plugins },
    steps: [...steps],
    home: o.config.home,
    settings: settingsOf(o.config),
    stacks: [...stacks],
    files: [...(await sumsOf(folder))],
  };
}

/** The database's address may hold a password. */
function settingsOf({ database, ...rest }: Config): Record<string, string> {
  const texts = Object.entries(rest).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
  return { ...(Object.fromEntries(texts) as Record<string, string>), database: database.kind };
}

/** The manifest's text of an unpacked backup, or null. */
export const manifestText = (folder: string): Promise<string | null> => readFile(join(folder, manifestFile), "utf8").catch(() => null);
