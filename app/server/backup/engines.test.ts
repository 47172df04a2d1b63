/** The way from one machine's file to a database server, and back: a backup is the same whatever the engine. */
import { localHost } from "#app/domain/host/libvirt-host.ts";
import { reported } from "#app/domain/message/message.ts";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSecretStore } from "#app/adapters/secrets/secret-store.ts";
import { type DatabaseAddress, openDatabase } from "#app/adapters/sql/database/database.ts";
import { sqlStores } from "#app/adapters/sql/stores.ts";
import { exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { readConfig } from "#app/foundation/config.server.ts";
import { startPostgres } from "#tests/contract/processes/postgres-server.ts";
import { makeBackup } from "./make-backup.ts";
import { restoreBackup } from "./restore-backup.ts";

const passphrase = "a long enough passphrase";
const noon = Date.parse("2026-11-21T12:00:00Z");

test("rows, bytes and order survive the way from SQLite to PostgreSQL and back", async () => {
  const folder = await mkdtemp(join(tmpdir(), "berth-engines-"));
  const server = await startPostgres();
  const now = () => noon;
  const configOf = (name: string, url?: string) =>
    readConfig(
      { BERTH_HOME: join(folder, name), BERTH_CACHE: join(folder, "cache"), ...(url === undefined ? {} : { BERTH_DATABASE_URL: url }) },
      0,
    );
  const [one, two, three] = [configOf("one"), configOf("two", server.url("postgres")), configOf("three")];
  try {
    const before = await fill(one.database, one.secretKeyFile);
    await makeBackup({ config: one, target: join(folder, "first"), passphrase, now });
    await restoreBackup({ config: two, source: join(folder, "first"), passphrase, now });
    expect(await told(two.database, before)).toEqual(await told(one.database, before));
    await expect(
      restoreBackup({
        config: { ...two, home: join(folder, "four"), secretKeyFile: join(folder, "four.key") },
        source: join(folder, "first"),
        passphrase,
        now,
      }),
    ).rejects.toThrow("is not empty (the database)");
    await makeBackup({ config: two, target: join(folder, "second"), passphrase, now });
    await restoreBackup({ config: three, source: join(folder, "second"), passphrase, now });
    expect(await told(three.database, before)).toEqual(await told(one.database, before));
  } finally {
    await server.stop();
    await rm(folder, { recursive: true });
  }
});

interface Filled {
  readonly tenantId: string;
  readonly clusterId: string;
  readonly operationId: string;
}

/** One operation that is over and packed into a segment of bytes, with 2,500 entries. */
async function fill(address: DatabaseAddress, keyFile: string): Promise<Filled> {
  const database = await openDatabase(address);
  const { people, clusters, operations, journal, sealedRows } = sqlStores(database);
  const [tenantId, clusterId, operationId] = [randomUUID(), randomUUID(), randomUUID()];
  await people.createPerson({ id: "p1", name: "민아", passwordHash: "none", operator: true, tenantId, now: noon });
  await clusters.create({ id: clusterId, tenantId, name: "demo", hostId: localHost, createdAt: noon, indexLimit: 10 }, () => ({
    ...exampleSpec(),
    clusterId,
    tenantId,
    name: "demo",
  }));
  await (await openSecretStore(sealedRows, keyFile)).passphrase(tenantId);
  await operations.submit({
    id: operationId,
    tenantId,
    clusterId,
    kind: "preview",
    planKind: "update",
    specRevision: 1,
    planId: null,
    drift: null,
    requestedBy: "p1",
    requestedByName: "민아",
    requestedAt: noon,
    idempotencyKey: null,
  });
  const taken = await operations.claim({ workerId: "w", now: () => noon, leaseMs: 60_000, maxRunning: 1 });
  if (taken === null) throw new Error("nothing to claim");
  for (let i = 0; i < 25; i++)
    await journal.append(
      taken.claim,
      Array.from(
        { length: 100 },
        (_, n) => ({ kind: "notice", level: "note", machine: null, message: reported(`줄 ${i * 100 + n}`) }) as const,
      ),
      noon,
    );
  await operations.finish(taken.claim, "succeeded", [], null, noon);
  await journal.compact({ overBefore: noon + 1, operations: 10 });
  await database.close();
  return { tenantId, clusterId, operationId };
}

async function told(address: DatabaseAddress, { clusterId, operationId }: Filled): Promise<unknown> {
  const database = await openDatabase(address);
  const { people, clusters, operations, journal } = sqlStores(database);
  const entries = await journal.read(operationId, 0, 10_000);
  expect(entries.length).toBeGreaterThan(2_500);
  const seen = [
    await people.people({ limit: 50 }),
    await clusters.get(clusterId),
    await clusters.spec(clusterId, 1),
    await operations.get(operationId),
    entries,
  ];
  await database.close();
  return seen;
}
