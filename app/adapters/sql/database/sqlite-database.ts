/** Berth's database in one SQLite file: one writer connection, one reader connection, and a check for other processes. */
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { Kysely, sql } from "kysely";
import { StorageTrouble, storageTroubleOf } from "#app/ports/storage-trouble.ts";
import type { BerthDatabase, DatabaseOptions } from "./database.ts";
import { migrate } from "#app/adapters/sql/migrations.ts";
import { ReservedDisk } from "./disk-reserve.ts";
import type { Tables } from "#app/adapters/sql/schema.ts";
import { Sqlite3Dialect } from "./sqlite-dialect.ts";
import { JournalHeads, Listeners, Poll, type WakeUp } from "./wake-up.ts";

/** Versions before this one can corrupt a WAL database when two connections write and checkpoint at once. */
const oldestSafe = [3, 51, 3] as const;

export async function openSqlite(file: string, options: DatabaseOptions): Promise<BerthDatabase> {
  await makePrivateFile(file);
  const busyTimeoutMs = options.busyTimeoutMs ?? 10_000;
  const reserve = new ReservedDisk(`${file}.reserve`, options.reserveBytes ?? 16 * 1024 * 1024);
  const connect = (readOnly: boolean) => new Kysely<Tables>({ dialect: new Sqlite3Dialect({ file, readOnly, busyTimeoutMs, reserve }) });
  // A portal must come up on a full disk too: what it has reserved is for that.
  const writer = await reserve.keep(() => openWriter(file, connect));
  reserve.prepare();
  const reader = connect(true);
  const wakeUp = new SqliteWakeUp(writer, reader, options.pollMs ?? 200);
  return {
    engine: "sqlite",
    writer,
    reader,
    wakeUp,
    reserve: reserve,
    integrity: () => checkIntegrity(reader),
    // The writer last: the last connection folds the WAL back into the file.
    close: () => closeAll([() => wakeUp.close(), () => reader.destroy(), () => writer.destroy(), () => reserve.settled()]),
  };
}

async function openWriter(file: string, connect: (readOnly: boolean) => Kysely<Tables>): Promise<Kysely<Tables>> {
  const writer = connect(false);
  try {
    await refuseUnsafeVersion(writer);
    await refuseDamaged(writer);
    await migrate(writer, "sqlite");
    return writer;
  } catch (error) {
    await writer.destroy();
    throw storageTroubleOf(error)?.kind === "corrupt" ? damaged(error, file) : error;
  }
}

/** Looks at every page once. A database that contradicts itself is not written to: that would spread the damage. */
async function refuseDamaged(db: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{ quick_check: string }>`pragma quick_check(3)`.execute(db);
  const found = rows.map((r) => r.quick_check).join("; ");
  if (found !== "ok") throw new StorageTrouble("corrupt", found);
}

function damaged(error: unknown, file: string): StorageTrouble {
  const root = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const found = (root instanceof Error ? root.message : String(root)).replaceAll("\n", "; ");
  const fix = "Berth leaves it as it is; keep a copy of it, then put the newest backup in its place with `berth restore`";
  return new StorageTrouble("corrupt", `opening the database: ${file} is damaged (${found}). ${fix}`, { cause: error });
}

/** Password hashes and plans are nobody else's business; SQLite gives its WAL the mode of the main file. */
async function makePrivateFile(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await (await open(file, "a", 0o600)).close();
}

async function refuseUnsafeVersion(db: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{ version: string }>`select sqlite_version() as version`.execute(db);
  const version = rows[0]?.version ?? "unknown";
  if (isOlder(version.split(".").map(Number), oldestSafe)) {
    throw new Error(`opening the database: SQLite ${version} can corrupt it; version ${oldestSafe.join(".")} or newer is needed`);
  }
}

function isOlder(version: readonly number[], floor: readonly number[]): boolean {
  const at = floor.findIndex((part, i) => version[i] !== part);
  return at >= 0 && !((version[at] ?? Number.NaN) > (floor[at] ?? 0));
}

async function checkIntegrity(db: Kysely<Tables>): Promise<string> {
  const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db);
  return rows.map((r) => r.integrity_check).join("; ");
}

export async function closeAll(steps: readonly (() => Promise<void>)[]): Promise<void> {
  const ends: PromiseSettledResult<void>[] = [];
  for (const step of steps) ends.push(...(await Promise.allSettled([step()])));
  const broken = ends.find((e) => e.status === "rejected");
  if (broken) throw broken.reason;
}

/**
 * On the writer's connection `data_version` moves only when another connection has committed: cheap to look at often. What
 * this process committed it tells itself, or doubts.
 */
class SqliteWakeUp implements WakeUp {
  readonly #listeners = new Listeners();
  readonly #heads: JournalHeads;
  readonly #writer: Kysely<Tables>;
  readonly #poll: Poll;
  #version: number | null = null;
  #doubts = 0;
  #settledDoubts = 0;

  constructor(writer: Kysely<Tables>, reader: Kysely<Tables>, pollMs: number) {
    this.#writer = writer;
    this.#heads = new JournalHeads(reader);
    this.#poll = new Poll(
      pollMs,
      () => this.#listeners.size > 0,
      () => this.#readHeads(),
    );
  }

  announce(operationIds: readonly string[]): void {
    this.#listeners.tell(operationIds);
  }

  doubt(): void {
    this.#doubts += 1;
  }

  subscribe(listener: (operationId: string) => void): () => void {
    return this.#listeners.add(listener);
  }

  close(): Promise<void> {
    return this.#poll.stop();
  }

  async #readHeads(): Promise<void> {
    const { rows } = await sql<{ data_version: number }>`pragma data_version`.execute(this.#writer);
    const version = rows[0]?.data_version ?? null;
    const doubts = this.#doubts;
    if (version === this.#version && doubts === this.#settledDoubts) return;
    // Remembered only after the heads were read, so that a failed read is made up for by the next check.
    this.#listeners.tell(await this.#heads.changed());
    this.#version = version;
    this.#settledDoubts = doubts;
  }
}
