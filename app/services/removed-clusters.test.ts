import { expect, test } from "vitest";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import { removedClusters } from "./removed-clusters.ts";

const cluster = (id: string, name: string, goneAt: number | null): Cluster => ({ id, name, state: goneAt === null ? "ready" : "gone", goneAt }) as unknown as Cluster;
const tenant = { id: "t", slug: "ada" };

function storeOf(clusters: readonly Cluster[], withoutReceipt: readonly string[] = []) {
  return {
    list: async () => clusters,
    receipt: async (id: string) => (withoutReceipt.includes(id) ? null : { operationId: `op-${id}`, at: Number(id), by: "ada", rows: [] }),
  };
}

const names = async (...input: Parameters<typeof storeOf>) => (await removedClusters(storeOf(...input) as unknown as Parameters<typeof removedClusters>[0], tenant)).map(({ name, at }) => `${name} ${at}`);

test("newest first, each name once, and no name that a living cluster has", async () => {
  const all = [cluster("1", "demo", 1), cluster("2", "demo", 2), cluster("3", "lab", 3), cluster("4", "lab", null), cluster("5", "old", 5)];
  expect(await names(all)).toEqual(["old 5", "demo 2"]);
});

test("a discarded draft has no receipt and is not listed", async () => {
  expect(await names([cluster("1", "draft", 1), cluster("2", "built", 2)], ["1"])).toEqual(["built 2"]);
});
