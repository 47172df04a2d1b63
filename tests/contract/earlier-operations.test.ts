/** Operations from before requests about drift were stored with them: a backup of that time is restored and read as it was meant. */
import { message } from "#app/domain/message/message.ts";
import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { schemaSteps } from "#app/adapters/sql/migrations.ts";
import { fillDatabase, withSnapshot } from "#app/adapters/sql/stores/rows-copy.ts";
import { KeyReused } from "#app/ports/operation-store.ts";
import { addHome, newOperation, noon, type StoreSet } from "./fixtures.ts";
import { openSqlStores, tempFolder } from "./open-stores.ts";

let folder: string;
beforeEach(async () => {
  folder = await tempFolder();
});
afterEach(() => rm(folder, { recursive: true }));

const at = (name: string) => ({ kind: "sqlite", path: join(folder, `${name}.sqlite`) }) as const;

/** Columns that tables have got since. */
const later: Readonly<Record<string, readonly string[]>> = {
  operations: ["drift"],
  drift: ["wanted_at"],
  clusters: ["host_id", "reserved", "reserved_vcpus", "reserved_memory_mib", "reserved_disk_gib", "changed_at"],
};

/** What a database of the step before would have written. */
async function earlierLines(): Promise<readonly string[]> {
  let gone: readonly number[] = [];
  const asBefore = (line: string): string => {
    const read = JSON.parse(line) as { readonly table: string; readonly columns: readonly string[] } | readonly unknown[];
    if ("table" in read) gone = (later[read.table] ?? []).map((c) => read.columns.indexOf(c));
    const kept = (all: readonly unknown[]) => all.filter((_, i) => !gone.includes(i));
    return JSON.stringify("table" in read ? { ...read, columns: kept(read.columns) } : kept(read));
  };
  const lines: string[] = [];
  await withSnapshot(at("now"), async (snapshot) => {
    for await (const line of snapshot.lines()) lines.push(asBefore(line));
  });
  return lines;
}

test("they have no request about drift, and their keys still give them", async () => {
  const made = await openSqlStores(at("now"), folder);
  const home = await addHome(made);
  const wanted = newOperation(home, { kind: "preview", idempotencyKey: "k1" });
  const { operation } = await made.operations.submit(wanted);
  await made.operations.requestCancel(operation.id, "mina", noon);
  const marked = { id: "machine-stopped:w1", found: "stopped", asked: "repair" };
  await made.drift.change(home.cluster.id, (record) => ({ ...record, rows: [marked as never] }));
  const row = await made.database.reader.selectFrom("operations").select("body_hash").executeTakeFirst();
  const before = [wanted.tenantId, wanted.clusterId, "preview", "update", 1, null];
  expect(row?.body_hash).toBe(createHash("sha256").update(JSON.stringify(before)).digest("hex"));
  await made.close();

  const lines = await earlierLines();
  const steps = schemaSteps.filter((step) => step < "0010");
  await fillDatabase(at("then"), {
    steps,
    lines: () => fromList(lines),
    reasons: [message("restored", { from: "2026-11-21T09:00:00.000Z" })],
    now: noon,
  });
  const stores: StoreSet = await openSqlStores(at("then"), folder);
  expect(await stores.operations.get(operation.id)).toMatchObject({ state: "cancelled", drift: null });
  expect(await stores.operations.submit({ ...wanted, id: "again" })).toMatchObject({ created: false, operation: { id: operation.id } });
  await expect(
    stores.operations.submit({ ...wanted, id: "other", drift: { wish: "repair", ids: [marked.id], all: false } }),
  ).rejects.toBeInstanceOf(KeyReused);
  const kept = [{ id: marked.id, found: "stopped" }];
  expect((await stores.drift.get(home.cluster.id))?.rows).toEqual(kept);
  expect((await stores.drift.of([home.cluster.id])).get(home.cluster.id)?.rows).toEqual(kept);
  await stores.close();
});

async function* fromList(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}
