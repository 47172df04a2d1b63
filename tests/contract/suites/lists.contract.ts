/** What lists need of every set of stores: pages within what a person may read, totals, and heads in place of documents. */
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { addCluster, addHome, newOperation, noon, type OpenStores, planOf, type StoreSet } from "#tests/contract/fixtures.ts";

export function listsContract(open: OpenStores): void {
  describe("lists", () => {
    let stores: StoreSet;
    let mina: Awaited<ReturnType<typeof addHome>>;
    let jun: Awaited<ReturnType<typeof addHome>>;
    beforeEach(async () => {
      stores = await open();
      mina = await addHome(stores, "mina");
      jun = await addHome(stores, "jun");
    });
    afterEach(() => stores.close());

    /** Operations that are over, one second after the other; returns their ids, the newest first. */
    const ran = async (home: typeof mina, count: number): Promise<readonly string[]> => {
      const ids: string[] = [];
      for (let i = 0; i < count; i++) {
        const { operation } = await stores.operations.submit(
          newOperation(home, { kind: "preview", requestedAt: noon + ids.length * 1_000 }),
        );
        await stores.operations.requestCancel(operation.id, "mina", noon);
        ids.unshift(operation.id);
      }
      return ids;
    };
    const ids = async (filter: Partial<Parameters<StoreSet["operations"]["list"]>[0]>) =>
      (await stores.operations.list({ limit: 50, ...filter })).map((o) => o.id);

    test("operations of several tenants are one list, page by page, with its total", async () => {
      const [mine, theirs] = [await ran(mina, 3), await ran(jun, 2)];
      const tenantIds = [mina.tenantId, jun.tenantId];
      const first = await ids({ tenantIds, limit: 2 });
      const second = await ids({ tenantIds, limit: 2, before: first.at(-1) ?? "" });
      const third = await ids({ tenantIds, limit: 2, before: second.at(-1) ?? "" });
      expect([first, second, third].map((page) => page.length)).toEqual([2, 2, 1]);
      expect(new Set([...first, ...second, ...third])).toEqual(new Set([...mine, ...theirs]));
      expect(await stores.operations.count({ tenantIds })).toBe(5);
      expect(await stores.operations.count({ tenantId: mina.tenantId, states: ["cancelled"] })).toBe(3);
      expect(await stores.operations.count({ tenantId: mina.tenantId, states: ["queued"] })).toBe(0);
      expect([await stores.operations.count({ tenantIds: [] }), await ids({ tenantIds: [] })]).toEqual([0, []]);
    });

    test("a cursor of another tenant or cluster is like one that does not exist", async () => {
      await ran(mina, 2);
      const [foreign = ""] = await ran(jun, 3);
      const other = await addCluster(stores, mina.tenantId, "other");
      const [sibling = ""] = await ran({ ...mina, cluster: other }, 3);
      for (const scope of [
        { tenantId: mina.tenantId, before: foreign },
        { tenantIds: [mina.tenantId], before: foreign },
        { clusterId: mina.cluster.id, before: sibling },
      ]) {
        expect(await ids(scope)).toEqual([]);
        expect(await ids({ ...scope, before: randomUUID() })).toEqual([]);
      }
      expect(await ids({ tenantIds: [mina.tenantId, jun.tenantId], before: foreign })).not.toEqual([]);
    });

    test("plans are found by number, by id and by the operation that made them, without their rows", async () => {
      const made = [];
      for (let i = 0; i < 3; i++)
        made.push(await stores.clusters.addPlan(planOf(mina.cluster, { stateSerial: i, kind: i === 2 ? "destroy" : "update" })));
      await stores.clusters.addPlan(planOf(jun.cluster));
      const {
        rows: _rows,
        headroom: _headroom,
        refusals: _refusals,
        hash: _hash,
        tenantId: _tenant,
        ...head
      } = made[2] ?? expect.fail("no plan");
      expect(await stores.clusters.planHeads(mina.cluster.id, { limit: 2 })).toEqual([
        head,
        expect.objectContaining({ number: 2, kind: "update", stateSerial: 1 }),
      ]);
      expect(await stores.clusters.planNumbered(mina.cluster.id, 3)).toEqual(made[2]);
      expect(await stores.clusters.planNumbered(mina.cluster.id, 4)).toBeNull();
      const found = await stores.clusters.planHeadsOf({
        ids: [made[0]?.id ?? ""],
        operationIds: [made[1]?.operationId ?? "", randomUUID()],
      });
      expect(found.map((p) => p.number).toSorted()).toEqual([1, 2]);
      expect(await stores.clusters.planHeadsOf({ ids: [], operationIds: [] })).toEqual([]);
    });
  });
}
