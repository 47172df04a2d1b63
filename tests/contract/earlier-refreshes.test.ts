/** Operations of the kind `refresh`, which earlier versions had: they read as previews, and one that waits can be resumed. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Kysely } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { migrateTo, schemaSteps } from "#app/adapters/sql/migrations.ts";
import { noDiskReserve } from "#app/adapters/sql/database/disk-reserve.ts";
import type { Tables } from "#app/adapters/sql/schema.ts";
import { Sqlite3Dialect } from "#app/adapters/sql/database/sqlite-dialect.ts";
import { openSqlStores, tempFolder } from "./open-stores.ts";
import { specOf } from "./fixtures.ts";

let folder: string;
beforeEach(async () => {
  folder = await tempFolder();
});
afterEach(() => rm(folder, { recursive: true }));

type AnyTables = Readonly<Record<string, Record<string, unknown>>>;

async function addRefresh(rows: Kysely<AnyTables>, name: string, index: number, state: string): Promise<void> {
  await rows
    .insertInto("clusters")
    .values({
      id: name,
      tenant_id: "t",
      name,
      network_index: index,
      state: "ready",
      revision: 1,
      live_revision: 1,
      state_serial: 0,
      last_plan_number: 0,
      generation: 0,
      created_at: 1,
    })
    .execute();
  const document = JSON.stringify(specOf({ clusterId: name, tenantId: "t", name, index, workers: 0 }));
  await rows
    .insertInto("specs")
    .values({ cluster_id: name, revision: 1, at: 1, machines: 1, vcpus: 2, memory_mib: 2048, disk_gib: 10, document })
    .execute();
  await rows
    .insertInto("operations")
    .values({
      id: `o-${name}`,
      tenant_id: "t",
      cluster_id: name,
      kind: "refresh",
      plan_kind: "update",
      state,
      spec_revision: 1,
      requested_by: "p",
      requested_by_name: "p",
      requested_at: 1,
      attempt: 1,
      last_seq: 0,
      packed_seq: 0,
    })
    .execute();
}

test.each(["succeeded", "failed", "interrupted"])("one that is %s", async (state) => {
  const path = join(folder, "berth.sqlite");
  const db = new Kysely<Tables>({
    dialect: new Sqlite3Dialect({ file: path, readOnly: false, busyTimeoutMs: 1_000, reserve: noDiskReserve }),
  });
  await migrateTo(db, "sqlite", schemaSteps.filter((step) => step < "0016").at(-1) ?? "");
  const rows = db as unknown as Kysely<AnyTables>;
  await rows.insertInto("tenants").values({ id: "t", slug: "mina", created_at: 1 }).execute();
  await addRefresh(rows, "demo", 1, state);
  await db.destroy();

  const stores = await openSqlStores({ kind: "sqlite", path }, folder);
  expect(await stores.operations.get("o-demo")).toMatchObject({ kind: "preview", planKind: "update", state });
  const resumed = await stores.operations.resume("o-demo", "mina", 2);
  expect(resumed?.state ?? null).toBe(state === "interrupted" ? "queued" : null);
  await stores.close();
});
