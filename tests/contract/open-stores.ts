/** Fresh stores on each technology. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryStores } from "#app/adapters/memory/stores.ts";
import { openSecretStore } from "#app/adapters/secrets/secret-store.ts";
import { type BerthDatabase, type DatabaseAddress, type DatabaseOptions, openDatabase } from "#app/adapters/sql/database/database.ts";
import { sqlStores } from "#app/adapters/sql/stores.ts";
import type { StoreSet } from "./fixtures.ts";

/** With the database below, for what a test puts into it or looks for in it. */
export type SqlStoreSet = StoreSet & { readonly database: BerthDatabase };

export const openMemoryStores = async (): Promise<StoreSet> => ({ ...memoryStores(), close: async () => {} });

export async function openSqliteStores(): Promise<SqlStoreSet> {
  const folder = await tempFolder();
  // Without a check for other processes: what happens in this one must be announced, not found out.
  const stores = await openSqlStores({ kind: "sqlite", path: join(folder, "berth.sqlite") }, folder, {
    pollMs: 3_600_000,
    reserveBytes: 64 * 1024,
  });
  return { ...stores, close: () => stores.close().finally(() => rm(folder, { recursive: true })) };
}

export const tempFolder = (): Promise<string> => mkdtemp(join(tmpdir(), "berth-contract-"));

/** Stores on an address; the master key lies in `keyFolder`. */
export async function openSqlStores(address: DatabaseAddress, keyFolder: string, options: DatabaseOptions = {}): Promise<SqlStoreSet> {
  const database = await openDatabase(address, options);
  const { sealedRows, ...stores } = sqlStores(database);
  const secrets = await openSecretStore(sealedRows, join(keyFolder, "keys", "master.key"));
  return { ...stores, secrets, database, close: () => database.close() };
}
