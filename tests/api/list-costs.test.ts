/** What a page of a list asks of the database: as much for a full page as for 5 rows. */
import { everywhere } from "#tests/contract/empty-hypervisor.ts";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { KyselyPlugin } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSecretStore } from "#app/adapters/secrets/secret-store.ts";
import { type BerthDatabase, openDatabase } from "#app/adapters/sql/database/database.ts";
import { sqlStores } from "#app/adapters/sql/stores.ts";
import { publish } from "#app/services/hosts/published-ports.ts";
import { pageSize } from "#app/services/portal-lists.ts";
import { addCluster, addPerson, newOperation } from "#tests/contract/fixtures.ts";
import { tempFolder } from "#tests/contract/open-stores.ts";
import { type Rig, type Someone, startRig } from "./rig.ts";

let folder: string;
let database: BerthDatabase;
let rig: Rig;
let root: Someone;
let asked = 0;

const counting: KyselyPlugin = {
  transformQuery: ({ node }) => {
    asked += 1;
    return node;
  },
  transformResult: async ({ result }) => result,
};

beforeAll(async () => {
  folder = await tempFolder();
  database = await openDatabase({ kind: "sqlite", path: join(folder, "berth.sqlite") }, { pollMs: 3_600_000, reserveBytes: 64 * 1024 });
  const { sealedRows, ...stores } = sqlStores({ ...database, reader: database.reader.withPlugin(counting) });
  rig = await startRig({ stores: { ...stores, secrets: await openSecretStore(sealedRows, join(folder, "master.key")) } });
  root = await rig.person("root", true);
});
afterAll(async () => {
  await rig.close();
  await database.close();
  await rm(folder, { recursive: true });
});

/** Half of them live, with drift and a removed namesake's receipt; every third waits with a preview. */
async function addClusters(count: number): Promise<void> {
  const { clusters, operations, drift } = rig.stores;
  for (let i = 0; i < count; i++) {
    const owner = await addPerson(rig.stores, `person-${String(asked)}-${i}`);
    const cluster = await addCluster(rig.stores, owner.tenantId, `c${i}`, 1 + (i % 2), 1_000);
    if (i % 3 === 0) await operations.submit(newOperation({ ...owner, cluster }, { kind: "preview" }));
    if (i % 2 === 0) continue;
    await clusters.setLiveRevision(cluster.id, 1);
    await clusters.setState(cluster.id, "ready", 1);
    await drift.change(cluster.id, (record) => ({ ...record, at: 1 }));
  }
}

async function costOf(ask: () => Promise<unknown>): Promise<number> {
  const before = asked;
  await ask();
  return asked - before;
}

const lists: Readonly<Record<string, () => Promise<unknown>>> = {
  dashboard: () => rig.services.dashboard(root.actor),
  clusters: () => rig.services.clusters.list(root.actor, {}),
  tenants: () => rig.services.tenants(root.actor),
  search: () => rig.services.search(root.actor, "c1"),
  operations: () => rig.services.operations.list(root.actor, {}),
  people: () => rig.services.people.list(root.actor),
  "published ports": () => publish(rig.stores.clusters, rig.stores.hosts, everywhere({ replace: async () => undefined })),
};

test("a full page takes no more questions than a page of 5", async () => {
  await addClusters(5);
  const few: Record<string, number> = {};
  for (const [name, ask] of Object.entries(lists)) few[name] = await costOf(ask);
  await addClusters(45);
  expect((await rig.services.dashboard(root.actor)).clusters).toHaveLength(pageSize);
  const many: Record<string, number> = {};
  for (const [name, ask] of Object.entries(lists)) many[name] = await costOf(ask);
  expect(many).toEqual(few);
  expect(Math.max(...Object.values(many))).toBeLessThan(40);
});
