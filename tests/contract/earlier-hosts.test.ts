/** A database from before there was a table of libvirt hosts: its clusters and orphans are on `local`, with what they had reserved. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Kysely } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { localHost } from "#app/domain/host/libvirt-host.ts";
import { noDiskReserve } from "#app/adapters/sql/database/disk-reserve.ts";
import { Sqlite3Dialect } from "#app/adapters/sql/database/sqlite-dialect.ts";
import { migrateTo, schemaSteps } from "#app/adapters/sql/migrations.ts";
import type { Tables } from "#app/adapters/sql/schema.ts";
import { addCluster, specOf } from "./fixtures.ts";
import { openSqlStores, tempFolder } from "./open-stores.ts";

let folder: string;
beforeEach(async () => {
  folder = await tempFolder();
});
afterEach(() => rm(folder, { recursive: true }));

type AnyTables = Readonly<Record<string, Record<string, unknown>>>;

test("clusters keep their networks on the host `local`, and orphans their time", async () => {
  const path = join(folder, "berth.sqlite");
  const db = new Kysely<Tables>({
    dialect: new Sqlite3Dialect({ file: path, readOnly: false, busyTimeoutMs: 1_000, reserve: noDiskReserve }),
  });
  await migrateTo(db, "sqlite", schemaSteps.filter((step) => step < "0018").at(-1) ?? "");
  const rows = db as unknown as Kysely<AnyTables>;
  await rows.insertInto("tenants").values({ id: "t", slug: "mina", created_at: 1 }).execute();
  const amounts = { reserved_vcpus: 4, reserved_memory_mib: 4096, reserved_disk_gib: 20 };
  await rows
    .insertInto("clusters")
    .values({
      id: "c",
      tenant_id: "t",
      name: "demo",
      network_index: 0,
      reserved: 1,
      ...amounts,
      state: "ready",
      revision: 1,
      live_revision: 1,
      state_serial: 1,
      last_plan_number: 0,
      generation: 1,
      created_at: 1,
      changed_at: 1,
    })
    .execute();
  const document = JSON.stringify(specOf({ clusterId: "c", tenantId: "t", name: "demo", index: 0, workers: 1 }));
  await rows
    .insertInto("specs")
    .values({ cluster_id: "c", revision: 1, at: 1, machines: 2, vcpus: 4, memory_mib: 4096, disk_gib: 20, document })
    .execute();
  await rows
    .insertInto("orphans")
    .values({ kind: "machine", name: "b0-x", tenant_id: "t", cluster_id: "c", reason: "not-in-state", since: 7 })
    .execute();
  await db.destroy();

  const stores = await openSqlStores({ kind: "sqlite", path }, folder);
  expect(await stores.clusters.get("c")).toMatchObject({
    hostId: localHost,
    networkIndex: 0,
    reserved: { vcpus: 4, memoryMiB: 4096, diskGiB: 20 },
  });
  expect(await stores.clusters.reserved(localHost)).toEqual({ vcpus: 4, memoryMiB: 4096, diskGiB: 20, clusters: 1 });
  expect(await stores.orphans.list(localHost)).toEqual([
    { kind: "machine", name: "b0-x", tenantId: "t", clusterId: "c", reason: "not-in-state", since: 7 },
  ]);
  // The portal registers its host at its start, from its settings.
  expect(await stores.hosts.list()).toEqual([]);
  expect((await addCluster(stores, "t", "next")).networkIndex).toBe(1);
  expect((await addCluster(stores, "t", "elsewhere", 1, 250, "attic")).networkIndex).toBe(0);
  await stores.close();
});
