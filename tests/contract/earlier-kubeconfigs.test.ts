/** Earlier versions kept the kubeconfig that a machine had written. A home of that time is opened without it. */
import { message } from "#app/domain/message/message.ts";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openDatabase } from "#app/adapters/sql/database/database.ts";
import { schemaSteps } from "#app/adapters/sql/migrations.ts";
import { fillDatabase } from "#app/adapters/sql/stores/rows-copy.ts";
import { sqlStores } from "#app/adapters/sql/stores.ts";
import { tempFolder } from "./open-stores.ts";

async function* lines() {
  yield JSON.stringify({ table: "sealed", columns: ["tenant_id", "cluster_id", "kind", "sealed"] });
  yield JSON.stringify(["t1", "c1", "kubeconfig", "what a machine wrote"]);
  yield JSON.stringify(["t1", "c1", "cluster-secrets", "what Berth made"]);
}

test("kubeconfigs that machines wrote are forgotten, and the cluster's own keys stay", async () => {
  const folder = await tempFolder();
  const place = { kind: "sqlite", path: join(folder, "then.sqlite") } as const;
  const steps = schemaSteps.filter((step) => step < "0011");
  await fillDatabase(place, { steps, lines, reasons: [message("restored", { from: "2026-11-21T09:00:00.000Z" })], now: 1 });
  const database = await openDatabase(place);
  const { sealedRows } = sqlStores(database);
  expect(await sealedRows.get("t1", "c1", "kubeconfig")).toBeNull();
  expect(await sealedRows.get("t1", "c1", "cluster-secrets")).toBe("what Berth made");
  await database.close();
  await rm(folder, { recursive: true });
});
