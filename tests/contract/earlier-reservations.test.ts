/** A database from before reservations: what stands or is approved keeps what it held, drafts and unapproved edits give it back. */
import { localHost } from "#app/domain/host/libvirt-host.ts";
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

test("each kind of cluster", async () => {
  const path = join(folder, "berth.sqlite");
  const db = new Kysely<Tables>({
    dialect: new Sqlite3Dialect({ file: path, readOnly: false, busyTimeoutMs: 1_000, reserve: noDiskReserve }),
  });
  await migrateTo(db, "sqlite", schemaSteps.filter((step) => step < "0012").at(-1) ?? "");
  const rows = db as unknown as Kysely<AnyTables>;
  await rows.insertInto("tenants").values({ id: "t", slug: "mina", created_at: 1 }).execute();
  /** Machines of each revision; which one lives; and the revision and state of its newest update. */
  const add = async (
    name: string,
    index: number,
    state: string,
    sizes: readonly number[],
    live: number,
    update?: { readonly revision: number; readonly state: string },
  ) => {
    await rows
      .insertInto("clusters")
      .values({
        id: name,
        tenant_id: "t",
        name,
        network_index: index,
        state,
        revision: sizes.length,
        live_revision: live,
        state_serial: 0,
        last_plan_number: 0,
        generation: 0,
        created_at: 1,
      })
      .execute();
    for (const [i, machines] of sizes.entries()) {
      const document = JSON.stringify(specOf({ clusterId: name, tenantId: "t", name, index, workers: machines - 1, revision: i + 1 }));
      await rows
        .insertInto("specs")
        .values({
          cluster_id: name,
          revision: i + 1,
          at: 1,
          machines,
          vcpus: 2 * machines,
          memory_mib: 2048 * machines,
          disk_gib: 10 * machines,
          document,
        })
        .execute();
    }
    if (update)
      await rows
        .insertInto("operations")
        .values({
          id: `o-${name}`,
          tenant_id: "t",
          cluster_id: name,
          kind: "update",
          plan_kind: "update",
          state: update.state,
          spec_revision: update.revision,
          requested_by: "p",
          requested_by_name: "p",
          requested_at: 1,
          attempt: 0,
          last_seq: 0,
          packed_seq: 0,
        })
        .execute();
  };
  await add("draft", 0, "draft", [50], 0);
  await add("approved", 1, "draft", [3], 0, { revision: 1, state: "queued" });
  await add("edited", 2, "ready", [2, 9], 1, { revision: 1, state: "succeeded" });
  await add("growing", 3, "ready", [2, 4], 1, { revision: 2, state: "running" });
  await add("broken", 4, "degraded", [5, 3], 1, { revision: 2, state: "failed" });
  await add("gone", 4, "gone", [7], 1, { revision: 1, state: "succeeded" });
  await db.destroy();

  const opened = Date.now();
  const stores = await openSqlStores({ kind: "sqlite", path }, folder);
  const machines = async (id: string) => ((await stores.clusters.get(id))?.reserved?.memoryMiB ?? 0) / 2048;
  expect(await Promise.all(["draft", "approved", "edited", "growing", "broken", "gone"].map(machines))).toEqual([0, 3, 2, 4, 5, 0]);
  expect(await stores.clusters.reserved(localHost)).toMatchObject({ clusters: 4, memoryMiB: 14 * 2048 });
  // Nobody was told before that drafts end: their time begins now.
  expect(await stores.clusters.draftsUnchangedSince(opened, 9)).toEqual([]);
  await stores.close();
});
