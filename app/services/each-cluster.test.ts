import { expect, test } from "vitest";
import { memoryStores } from "#app/adapters/memory/stores.ts";
import { addCluster, addPerson, noon } from "#tests/contract/fixtures.ts";
import { clustersAtOnce, eachPage } from "./each-cluster.ts";

test("going through all clusters holds one page of them at a time, and meets each once", async () => {
  const stores = memoryStores();
  const { tenantId } = await addPerson(stores, "mina");
  const made: string[] = [];
  for (let i = 0; i < 2 * clustersAtOnce + 5; i++) made.push((await addCluster(stores, tenantId, `c${i}`, 1, 1_000)).id);
  const [first = ""] = made;
  await stores.clusters.setState(first, "gone", noon);
  const pages: (readonly string[])[] = [];
  for await (const page of eachPage(stores.clusters)) pages.push(page.map((c) => c.id));
  expect(pages.map((page) => page.length)).toEqual([clustersAtOnce, clustersAtOnce, 5]);
  expect(new Set(pages.flat())).toEqual(new Set(made));
  const drafts: string[] = [];
  for await (const page of eachPage(stores.clusters, ["draft"])) drafts.push(...page.map((c) => c.id));
  expect(drafts).toHaveLength(made.length - 1);
});
