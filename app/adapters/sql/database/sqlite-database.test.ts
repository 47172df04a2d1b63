import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import sqlite3 from "sqlite3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDatabase } from "./database.ts";
import { programVersion } from "./program-version.ts";

describe("the SQLite database", () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "berth-sqlite-"));
    path = join(folder, "state", "berth.sqlite");
  });
  afterEach(() => rm(folder, { recursive: true }));

  const open = (options = {}) => openDatabase({ kind: "sqlite", path }, options);
  const tenant = (id: string) => ({ id, slug: id, created_at: 1 });

  test("is readable by its owner only, write-ahead log included", async () => {
    const db = await open();
    await db.writer.insertInto("tenants").values(tenant("a")).execute();
    for (const file of [path, `${path}-wal`]) expect((await stat(file)).mode & 0o777).toBe(0o600);
    await db.close();
  });

  test("commits durably, keeps references and refuses writes on the reader", async () => {
    const db = await open();
    const pragma = async (name: string) =>
      (await sql<Record<string, unknown>>`${sql.raw(`pragma ${name}`)}`.execute(db.writer)).rows[0]?.[name];
    expect([await pragma("journal_mode"), await pragma("synchronous"), await pragma("foreign_keys")]).toEqual(["wal", 2, 1]);
    const orphan = { tenant_id: "nobody", person_id: "nobody", role: "owner" as const };
    await expect(db.writer.insertInto("memberships").values(orphan).execute()).rejects.toThrow("FOREIGN KEY");
    await expect(db.reader.insertInto("tenants").values(tenant("a")).execute()).rejects.toThrow("readonly");
    await db.close();
  });

  test("rolls a failed transaction back and continues; counts what a statement changed", async () => {
    const db = await open();
    const broken = db.writer.transaction().execute(async (trx) => {
      await trx.insertInto("tenants").values(tenant("a")).execute();
      await trx.insertInto("tenants").values(tenant("a")).execute();
    });
    await expect(broken).rejects.toThrow("UNIQUE");
    expect(await db.reader.selectFrom("tenants").selectAll().execute()).toEqual([]);
    await db.writer
      .insertInto("tenants")
      .values([tenant("b"), tenant("c")])
      .execute();
    const { numUpdatedRows } = await db.writer.updateTable("tenants").set({ created_at: 9 }).executeTakeFirstOrThrow();
    expect(numUpdatedRows).toBe(2n);
    await db.close();
  });

  test("answers in the order of asking; nobody gets into another's transaction, and one that fails holds nobody up", async () => {
    const db = await open();
    const order: string[] = [];
    const add = (id: string) =>
      db.writer
        .insertInto("tenants")
        .values(tenant(id))
        .execute()
        .then(
          () => order.push(id),
          () => order.push(`not ${id}`),
        );
    const whole = db.writer.transaction().execute(async (trx) => {
      for (const id of ["a", "b"]) await trx.insertInto("tenants").values(tenant(id)).execute();
      order.push("a and b");
    });
    const broken = db.writer.transaction().execute((trx) => trx.insertInto("tenants").values(tenant("b")).execute());
    await Promise.all([whole, broken.catch(() => order.push("not again b")), add("c"), add("c"), add("d")]);
    expect(order).toEqual(["a and b", "not again b", "c", "not c", "d"]);
    await db.close();
  });

  test("a thousand who ask at once are all answered, and who asks after the end is told so", async () => {
    const db = await open();
    const answers = await Promise.all(Array.from({ length: 1_000 }, (_, i) => sql<{ i: number }>`select ${i} as i`.execute(db.reader)));
    expect(answers.map(({ rows }) => rows[0]?.i)).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
    await db.close();
    await expect(sql`select 1`.execute(db.reader)).rejects.toThrow("destroyed");
  });

  test("readers do not wait for a writer's transaction", async () => {
    const db = await open();
    await db.writer.transaction().execute(async (trx) => {
      await trx.insertInto("tenants").values(tenant("a")).execute();
      expect(await db.reader.selectFrom("tenants").selectAll().execute()).toEqual([]);
    });
    expect(await db.reader.selectFrom("tenants").selectAll().execute()).toHaveLength(1);
    await db.close();
  });

  test("reports it when another process keeps the write lock, and recovers when it lets go", async () => {
    const db = await open({ busyTimeoutMs: 50 });
    const rival = await new Promise<sqlite3.Database>((resolve) => {
      const opened: sqlite3.Database = new sqlite3.Database(path, () => resolve(opened));
    });
    const onRival = (statement: string) =>
      new Promise<void>((resolve, reject) => rival.exec(statement, (e) => (e ? reject(e) : resolve())));
    await onRival("begin exclusive");
    await expect(db.writer.insertInto("tenants").values(tenant("a")).execute()).rejects.toThrow("locked");
    await expect(db.writer.transaction().execute((trx) => trx.insertInto("tenants").values(tenant("a")).execute())).rejects.toThrow(
      "locked",
    );
    await onRival("rollback");
    await db.writer.transaction().execute((trx) => trx.insertInto("tenants").values(tenant("a")).execute());
    await new Promise<void>((resolve, reject) => rival.close((e) => (e ? reject(e) : resolve())));
    await db.close();
  });

  test("a second start finds what the first has written, in a whole file", async () => {
    const first = await open();
    await first.writer.insertInto("tenants").values(tenant("a")).execute();
    await first.close();
    const again = await open();
    expect(await again.reader.selectFrom("tenants").select("id").execute()).toEqual([{ id: "a" }]);
    expect(await again.integrity()).toBe("ok");
    await again.close();
  });

  test("refuses a database that a newer version has written, and leaves it as it is", async () => {
    const db = await open();
    await sql`insert into kysely_migration (name, timestamp) values ('9999-later', '2030-01-01T00:00:00.000Z')`.execute(db.writer);
    await sql`insert into schema_writers (step, version) values ('9999-later', '7.8.9')`.execute(db.writer);
    await db.close();
    const before = await readFile(path);
    await expect(open()).rejects.toMatchObject({ name: "StorageTrouble", kind: "newer" });
    await expect(open()).rejects.toThrow(`Berth 7.8.9 has written it (schema step 9999-later), and this is Berth ${programVersion}`);
    expect(before.equals(await readFile(path))).toBe(true);
  });

  test("names the file when it is no database or cannot be opened", async () => {
    await (await open()).close();
    await writeFile(path, "not a database, but long enough to be looked at by SQLite before it says so".repeat(20));
    await expect(open()).rejects.toThrow(/not a database/);
    await expect(openDatabase({ kind: "sqlite", path: folder })).rejects.toThrow(folder);
  });
});
