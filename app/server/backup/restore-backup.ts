/**
 * Puts a backup into an empty home. Everything is checked first and laid out beside the home's own places; the database
 * comes last, and without it a home counts as empty: a restore that was cut off is simply made again. Every stack is
 * marked as one whose state is of an earlier time, so that no run removes machines which that state cannot know.
 */
import { createReadStream } from "node:fs";
import { chmod, mkdir, mkdtemp, open, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { sumsOf, unpackInto } from "#app/adapters/files/archive.ts";
import { openWithPassphrase } from "#app/adapters/secrets/passphrase-seal.ts";
import { fillDatabase, isEmptyDatabase, stacksIn } from "#app/adapters/sql/stores/rows-copy.ts";
import { schemaSteps } from "#app/adapters/sql/migrations.ts";
import { type BackupContents, type BackupFile, BackupRefused, demandKnownSteps, harmlessInHome, readManifest } from "#app/domain/backup.ts";
import { message } from "#app/domain/message/message.ts";
import type { Config } from "#app/foundation/config.server.ts";
import { markRestored } from "#pulumi/recovery/repair-state.ts";
import { stackFiles } from "#pulumi/stack/stack-files.ts";
import { contextOf, manifestFile, manifestText, rowsFile, tenantsFolder } from "./make-backup.ts";

export interface RestoreOrder {
  readonly config: Config;
  readonly source: string;
  readonly passphrase: string;
  readonly now: () => number;
}

const stagingPrefix = ".restore-";

/** Throws BackupRefused and sentences; whatever it throws, the home is as empty as it was. */
export async function restoreBackup(o: RestoreOrder): Promise<BackupContents> {
  const { home } = o.config;
  await mkdir(home, { recursive: true, mode: 0o711 });
  await clearCutOff(o.config);
  await demandEmpty(o.config);
  const staging = await mkdtemp(join(home, stagingPrefix));
  try {
    const unpacked = join(staging, "backup");
    await mkdir(unpacked, { mode: 0o700 });
    await unpack(o.source, unpacked);
    const { contents, masterKey } = await checked(o, unpacked);
    await layOut(o, staging, contents, masterKey);
    return contents;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** What an earlier restore had moved before it was cut off: its staging folder is still there, the database is not. */
async function clearCutOff({ home, secretKeyFile, database }: Config): Promise<void> {
  const left = (await readdir(home)).filter((name) => name.startsWith(stagingPrefix));
  if (left.length === 0) return;
  if (!(await isEmptyDatabase(database))) return;
  await rm(join(home, tenantsFolder), { recursive: true, force: true });
  await rm(secretKeyFile, { force: true });
  for (const name of left) await rm(join(home, name), { recursive: true, force: true });
}

const namesIn = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => []);
const nameOf = (path: string): string => path.slice(dirname(path).length + 1);

async function demandEmpty({ home, secretKeyFile, database }: Config): Promise<void> {
  const found: string[] = [];
  for (const name of await readdir(home)) {
    if (harmlessInHome.includes(name)) continue;
    // Folders that every start makes hold nothing yet.
    const entries = name === "keys" || name === tenantsFolder ? await namesIn(join(home, name)) : [name];
    if (entries.length > 0) found.push(name);
  }
  if ((await namesIn(dirname(secretKeyFile))).includes(nameOf(secretKeyFile)) && !found.includes("keys")) found.push(secretKeyFile);
  if (!(await isEmptyDatabase(database))) found.push("the database");
  if (found.length === 0) return;
  throw new BackupRefused(
    `${home} is not empty (${found.sort().join(", ")}): a backup is restored into an empty BERTH_HOME only, so stop Berth and move that aside, or set BERTH_HOME to another folder`,
  );
}

async function unpack(source: string, folder: string): Promise<void> {
  await unpackInto(source, folder).catch((error: Error) => {
    throw new BackupRefused(`${error.message}; is it a whole backup of Berth?`, { cause: error });
  });
}

/** Form, then sums, then key: a damaged file should not be taken for a wrong passphrase. */
async function checked(o: RestoreOrder, folder: string): Promise<{ readonly contents: BackupContents; readonly masterKey: Buffer }> {
  const { contents, key } = readManifest((await manifestText(folder)) ?? "");
  demandKnownSteps(contents, schemaSteps);
  await demandSums(folder, contents.files);
  const masterKey = await openWithPassphrase(o.passphrase, contextOf(contents), key);
  if (masterKey === null) throw new BackupRefused("the passphrase is not the one that this backup was made with");
  return { contents, masterKey };
}

async function demandSums(folder: string, files: readonly BackupFile[]): Promise<void> {
  const text = (f: BackupFile): string => `${f.path} ${f.bytes} ${f.sha256}`;
  const found = new Set((await sumsOf(folder)).filter((f) => f.path !== manifestFile).map(text));
  const wrong = files.filter((f) => !found.has(text(f))).map((f) => f.path);
  if (wrong.length > 0)
    throw new BackupRefused(
      `this backup is damaged: ${wrong.slice(0, 3).join(", ")} ${wrong.length === 1 ? "is" : "are"} not as the manifest says`,
    );
  if (found.size > files.length) throw new BackupRefused("this backup is damaged: it holds files that its manifest does not know");
}

async function layOut(o: RestoreOrder, staging: string, contents: BackupContents, masterKey: Buffer): Promise<void> {
  const { home, secretKeyFile, database } = o.config;
  const unpacked = join(staging, "backup");
  const rows = {
    steps: contents.steps,
    lines: () => createInterface({ input: createReadStream(join(unpacked, rowsFile)), crlfDelay: Number.POSITIVE_INFINITY }),
    reasons: [message("restored", { from: contents.madeAt })],
    now: o.now(),
  };
  const made = join(staging, "berth.sqlite");
  if (database.kind === "sqlite") await fillDatabase({ kind: "sqlite", path: made }, rows);
  for (const { tenantId, stackName } of await stacksIn(rows.lines()))
    await markRestored(stackFiles(unpacked, tenantId, stackName), contents.madeAt);
  await makePrivate(join(unpacked, tenantsFolder));
  await writeFile(join(staging, "master.key"), `${masterKey.toString("base64")}\n`, { mode: 0o600 });
  try {
    await moveStates(unpacked, home);
    await mkdir(dirname(secretKeyFile), { recursive: true, mode: 0o700 });
    await rename(join(staging, "master.key"), secretKeyFile);
    if (database.kind === "postgres") await fillDatabase(database, rows);
    else await moveDatabase(made, database.path);
  } catch (error) {
    await rm(join(home, tenantsFolder), { recursive: true, force: true });
    await rm(secretKeyFile, { force: true });
    throw error;
  }
}

async function moveStates(unpacked: string, home: string): Promise<void> {
  const target = join(home, tenantsFolder);
  await rm(target, { recursive: true, force: true });
  await mkdir(join(unpacked, tenantsFolder), { recursive: true, mode: 0o700 });
  await rename(join(unpacked, tenantsFolder), target);
  await flush(home);
}

/** Closing folded the log back into the one file. */
async function moveDatabase(made: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await chmod(made, 0o600);
  await rename(made, path);
}

/** The archive keeps no modes. Flushed as well: a database that outlives a power cut must not outlive states and marks. */
async function makePrivate(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  for (const e of await readdir(folder, { recursive: true, withFileTypes: true })) {
    await chmod(join(e.parentPath, e.name), e.isDirectory() ? 0o700 : 0o600);
    await flush(join(e.parentPath, e.name));
  }
  await flush(folder);
}

async function flush(path: string): Promise<void> {
  const file = await open(path, "r");
  await file.sync().finally(() => file.close());
}
