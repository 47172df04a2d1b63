import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BerthDatabase, openDatabase } from "#app/adapters/sql/database/database.ts";
import type { Claim } from "#app/ports/operation-store.ts";
import { everyContract } from "./suites/every.contract.ts";
import { schema1Contract } from "./suites/schema-1.contract.ts";
import { storedMessagesContract } from "./suites/stored-messages.contract.ts";
import { addHome, claimNext, newOperation, noon } from "./fixtures.ts";
import { follow, line, nextHint } from "./suites/journal.contract.ts";
import { openSqlStores, type SqlStoreSet, tempFolder } from "./open-stores.ts";
import { type Cut, startRelay } from "./processes/postgres-relay.ts";
import { type PostgresServer, startPostgres } from "./processes/postgres-server.ts";

const run = promisify(execFile);

describe("PostgreSQL", () => {
  let server: PostgresServer;
  let keyFolder: string;
  let shared: SqlStoreSet;
  const address = () => ({ kind: "postgres", url: server.url("postgres") }) as const;

  beforeAll(async () => {
    server = await startPostgres();
    keyFolder = await tempFolder();
    shared = await openSqlStores(address(), keyFolder);
    // Every connection of the pool is open before the races start: they would queue behind the first one otherwise.
    await Promise.all(Array.from({ length: 10 }, () => sql`select pg_sleep(0.05)`.execute(shared.database.writer)));
  });
  afterAll(async () => {
    await shared.close();
    await server.stop();
    await rm(keyFolder, { recursive: true });
  });

  /** One open database for all tests, emptied after each: connecting is what costs on PostgreSQL. */
  const open = async (): Promise<SqlStoreSet> => ({ ...shared, close: () => empty(shared.database) });

  everyContract(open, 40);
  schema1Contract(open);
  storedMessagesContract(open);

  test("a server that is not there, or goes away in the middle, is told as such; the next call finds it again", async () => {
    const nowhere = openDatabase({
      kind: "postgres",
      url: server.url("postgres").replace(encodeURIComponent(server.folder), encodeURIComponent(`${server.folder}/none`)),
    });
    await expect(nowhere).rejects.toMatchObject({ name: "StorageTrouble", kind: "unreachable" });
    const { writer } = shared.database;
    const cut = writer.transaction().execute(async (trx) => {
      await sql`select pg_terminate_backend(pg_backend_pid())`.execute(trx);
    });
    await expect(cut).rejects.toMatchObject({ name: "StorageTrouble", kind: "unreachable" });
    expect((await sql<{ one: number }>`select 1 as one`.execute(writer)).rows).toEqual([{ one: 1 }]);
  });

  describe("a connection that breaks", () => {
    const cutAt = async (when: Cut, work: (stores: SqlStoreSet, claim: Claim) => Promise<void>): Promise<void> => {
      const relay = await startRelay(server.folder);
      const stores = await openSqlStores(
        { kind: "postgres", url: server.url("postgres").replace(encodeURIComponent(server.folder), encodeURIComponent(relay.folder)) },
        keyFolder,
      );
      try {
        const { operation } = await stores.operations.submit(newOperation(await addHome(stores)));
        const claim = await claimNext(stores);
        relay.cut(when);
        await work(stores, claim);
        expect(relay.cuts()).toBe(1);
        expect((await stores.journal.read(operation.id, 0, 99)).map((e) => e.seq)).toEqual([1, 2, 3]);
      } finally {
        await stores.close();
        await relay.close();
        await empty(shared.database);
      }
    };
    const note = [{ kind: "truncated" as const, lines: 7 }];

    test("after the server has committed: the append is answered as written, once", () =>
      cutAt("after-commit", async ({ journal }, claim) => {
        expect((await journal.append(claim, note, noon)).map((e) => e.seq)).toEqual([3]);
      }));

    test.each(["before-commit", "in-transaction"] as const)("%s: nothing of the append has happened, and it can be made again", (when) =>
      cutAt(when, async ({ journal }, claim) => {
        await expect(journal.append(claim, note, noon)).rejects.toMatchObject({ name: "StorageTrouble", kind: "unreachable" });
        expect(await journal.head(claim.operationId)).toBe(2);
        await journal.append(claim, note, noon);
      }),
    );

    test("while an operation ends: it has ended, once", () =>
      cutAt("after-commit", async ({ operations }, claim) => {
        expect(await operations.finish(claim, "succeeded", [], null, noon)).toMatchObject({ state: "succeeded" });
      }));
  });

  test("a full disk loses nothing that was acknowledged, and what waits is written when there is space", { timeout: 120_000 }, async () => {
    const inside = 'mount -t tmpfs -o size=128m,mode=777 none "$1" && TMPDIR="$1" exec "$2" "$3"';
    const child = join(import.meta.dirname, "processes", "full-disk-postgres-child.ts");
    const { stdout } = await run("unshare", ["--mount", "sh", "-c", inside, "sh", keyFolder, process.execPath, child]);
    const seen = JSON.parse(stdout) as { acknowledged: number };
    // Queued and running come before the output.
    const { acknowledged } = seen;
    expect(acknowledged).toBeGreaterThan(0);
    expect(seen).toMatchObject({
      first: "full",
      read: acknowledged + 2,
      stillWaits: "waits",
      then: "written",
      finished: "cancelled",
      outputs: acknowledged + 40,
      gapFree: true,
    });
  });

  test("a lock that is not let go in time is told as locked", async () => {
    const { writer } = shared.database;
    await writer.transaction().execute(async (holder) => {
      await sql`lock table operations`.execute(holder);
      const waiting = writer.transaction().execute(async (trx) => {
        await sql`set local lock_timeout = '50ms'`.execute(trx);
        await sql`select count(*) from operations`.execute(trx);
      });
      await expect(waiting).rejects.toMatchObject({ name: "StorageTrouble", kind: "locked" });
    });
  });

  test("several processes may bring the schema up at once", async () => {
    const tables = (db: BerthDatabase) => db.reader.introspection.getTables().then((all) => all.map((t) => t.name).toSorted());
    const before = await tables(shared.database);
    await sql`drop schema public cascade`.execute(shared.database.writer);
    await sql`create schema public`.execute(shared.database.writer);
    const all = await Promise.all(Array.from({ length: 4 }, () => openDatabase(address())));
    expect(await tables(shared.database)).toEqual(before);
    await Promise.all(all.map((d) => d.close()));
  });

  describe("wake-up across processes", () => {
    test("an append elsewhere is heard by NOTIFY alone", async () => {
      const writer = await open();
      const reader = await openSqlStores(address(), keyFolder, { pollMs: 3_600_000 });
      const home = await addHome(writer);
      await writer.operations.submit(newOperation(home));
      const claim = await claimNext(writer);
      // A commit in which everybody was refused has nothing to tell, and must not silence the later ones.
      await expect(writer.journal.append({ ...claim, generation: claim.generation + 1 }, [line("stale")], noon)).rejects.toThrow("is over");
      // The listening connection opens in the background: append until the first hint arrives.
      const heard = nextHint(reader, claim.operationId).then(() => "heard" as const);
      const appended = () => writer.journal.append(claim, [line("x")], noon).then(() => "appended" as const);
      while ((await Promise.race([heard, appended()])) !== "heard");
      await reader.close();
      await writer.close();
    });

    test("a reader follows to the end although its listening connection is cut again and again", async () => {
      const writer = await open();
      const reader = await openSqlStores(address(), keyFolder, { pollMs: 50 });
      const home = await addHome(writer);
      await writer.operations.submit(newOperation(home));
      const claim = await claimNext(writer);
      const seen: number[] = [];
      const followed = follow(reader, claim.operationId, (seq) => seen.push(seq));
      for (let i = 0; i < 20; i++) {
        await writer.journal.append(claim, [line(`${i}`)], noon);
        await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'berth journal'`.execute(
          writer.database.writer,
        );
      }
      await writer.operations.finish(claim, "succeeded", [], null, noon);
      await followed;
      expect(seen).toEqual(Array.from({ length: 23 }, (_, i) => i + 1));
      await reader.close();
      await writer.close();
    });
  });
});

async function empty({ writer }: BerthDatabase): Promise<void> {
  await sql`truncate hosts, people, tenants, invites, tenant_keys, sealed, requests cascade`.execute(writer);
}
