/** Questions whose cost must not grow with everything that ever was: what SQLite does for them. */
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { CompiledQuery, type KyselyPlugin, type RootOperationNode, sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type BerthDatabase, openDatabase } from "#app/adapters/sql/database/database.ts";
import { sqlStores } from "#app/adapters/sql/stores.ts";
import { addCluster, addPerson, noon } from "./fixtures.ts";
import { tempFolder } from "./open-stores.ts";

let folder: string;
let database: BerthDatabase;
let stores: ReturnType<typeof sqlStores>;
let asked: RootOperationNode[];

const recording: KyselyPlugin = {
  transformQuery: ({ node }) => {
    asked.push(node);
    return node;
  },
  transformResult: async ({ result }) => result,
};

beforeEach(async () => {
  folder = await tempFolder();
  asked = [];
  database = await openDatabase({ kind: "sqlite", path: join(folder, "berth.sqlite") }, { pollMs: 3_600_000, reserveBytes: 64 * 1024 });
  stores = sqlStores({ ...database, reader: database.reader.withPlugin(recording) });
});
afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

/** One line for each table that is read, of every question that `ask` asks. */
async function planOf(ask: () => Promise<unknown>): Promise<readonly string[]> {
  asked = [];
  await ask();
  const lines: string[] = [];
  for (const node of asked) {
    const { sql: text, parameters } = database.reader.getExecutor().compileQuery(node, { queryId: randomUUID() });
    const { rows } = await database.reader.executeQuery<{ detail: string }>(
      CompiledQuery.raw(`explain query plan ${text}`, [...parameters]),
    );
    lines.push(...rows.map((r) => r.detail).filter((detail) => /^(SEARCH|SCAN)/.test(detail)));
  }
  return lines;
}

/** Clusters of one name that were torn down one after the other. */
async function addNamesakes(tenantId: string, count: number): Promise<void> {
  const { id } = await addCluster(stores, tenantId, "demo");
  await stores.clusters.setReceipt(id, { operationId: randomUUID(), at: noon, by: "mina", rows: [] });
  await stores.clusters.setState(id, "gone", noon);
  const columns = (await sql<{ name: string }>`select name from pragma_table_info('clusters')`.execute(database.writer)).rows.map(
    (r) => r.name,
  );
  const changed: Readonly<Record<string, string>> = { id: "'copy-' || n", gone_at: "gone_at + n", created_at: "created_at + n" };
  const values = columns.map((name) => changed[name] ?? `"${name}"`).join(", ");
  const names = columns.map((name) => `"${name}"`).join(", ");
  await sql`with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${count - 1})
    insert into clusters (${sql.raw(names)}) select ${sql.raw(values)} from clusters, numbers where id = ${id}`.execute(database.writer);
}

test("5,000 removed clusters of one name are one row, found by indexes alone", async () => {
  const { tenantId } = await addPerson(stores, "mina");
  await addNamesakes(tenantId, 5_000);
  expect(await stores.clusters.removed({ tenantId, limit: 9 })).toMatchObject({ removed: [{ id: "copy-4999", name: "demo" }], total: 1 });
  const plan = await planOf(() => stores.clusters.removed({ tenantId, limit: 9 }));
  expect(plan.filter((line) => line.startsWith("SCAN"))).toEqual([]);
  expect(plan.filter((line) => line.includes(" living "))).toSatisfy(
    (lines: string[]) => lines.length > 0 && lines.every((line) => line.includes("clusters_living_name (tenant_id=? AND name=?)")),
  );
  expect(plan.filter((line) => line.includes(" newer "))).toSatisfy(
    (lines: string[]) =>
      lines.length > 0 && lines.every((line) => /clusters_removed_by_name \(tenant_id=\? AND name=\? AND .*gone_at.*>/.test(line)),
  );
});

test("whether a tenant has members is read from an index", async () => {
  const { tenantId } = await addPerson(stores, "mina");
  const plan = await planOf(() => stores.people.hasMembers(tenantId));
  expect(plan).toEqual([expect.stringContaining("memberships_by_tenant (tenant_id=?)")]);
});

test.each([true, false])(
  "what a cluster went through before is read from an index, for an estimate of its next update (first: %s)",
  async (first) => {
    const plan = await planOf(() => stores.operations.durations({ kind: "update", machines: 2, first }));
    expect(plan.filter((line) => line.startsWith("SCAN o"))).toHaveLength(1);
    expect(plan).toContainEqual(expect.stringContaining("operations_by_kind (kind=? AND state=?)"));
    expect(plan).toContainEqual(
      expect.stringMatching(/ e .*operations_by_cluster_kind \(cluster_id=\? AND kind=\? AND state=\? AND ended_at<\?\)/),
    );
  },
);
