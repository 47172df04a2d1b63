/** What lists of clusters need of every set of stores: pages in a stable order, totals, and several at once. */
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import { kindsThat } from "#app/domain/operation/kinds.ts";
import { requestCheck } from "#app/domain/drift/record.ts";
import { addCluster, addPerson, claimNext, newOperation, noon, type OpenStores, specOf, type StoreSet } from "#tests/contract/fixtures.ts";

export function clusterListsContract(open: OpenStores): void {
  describe("lists of clusters", () => {
    let stores: StoreSet;
    let [mina, jun]: { personId: string; tenantId: string }[] = [];
    beforeEach(async () => {
      stores = await open();
      [mina, jun] = [await addPerson(stores, "mina"), await addPerson(stores, "jun")];
    });
    afterEach(() => stores.close());
    const idOf = (home: typeof mina): string => home?.tenantId ?? expect.fail("no tenant");

    const add = async (home: typeof mina, ...names: readonly string[]): Promise<readonly Cluster[]> => {
      const made: Cluster[] = [];
      for (const name of names) made.push(await addCluster(stores, idOf(home), name));
      return made;
    };
    const remove = (id: string, at = noon) => stores.clusters.setState(id, "gone", at);
    type PageOptions = Partial<Parameters<StoreSet["clusters"]["page"]>[0]>;
    const page = async (options: PageOptions) => {
      const { clusters, ...paged } = await stores.clusters.page({ tenantIds: null, limit: 50, ...options });
      return { ...paged, names: clusters.map((c) => c.name), ids: clusters.map((c) => c.id) };
    };
    /** Every page after the other, as a reader does. */
    const walk = async (options: PageOptions): Promise<readonly string[]> => {
      const ids: string[] = [];
      for (;;) {
        const next = await page({ ...options, limit: 2, ...(ids.length === 0 ? {} : { after: ids.at(-1) ?? "" }) });
        expect(next.skipped).toBe(ids.length);
        if (next.ids.length === 0) return ids;
        ids.push(...next.ids);
      }
    };

    describe("pages", () => {
      test("are by name, with the total and how many came before", async () => {
        const [, b = expect.fail()] = [...(await add(mina, "c", "b"))];
        await add(mina, "a", "d");
        await add(jun, "other");
        expect(await page({ tenantIds: [idOf(mina)], limit: 2 })).toMatchObject({ names: ["a", "b"], total: 4, skipped: 0 });
        expect(await page({ tenantIds: [idOf(mina)], limit: 2, after: b.id })).toMatchObject({ names: ["c", "d"], total: 4, skipped: 2 });
        expect(await page({ limit: 9 })).toMatchObject({ names: ["a", "b", "c", "d", "other"], total: 5 });
        expect(await page({ tenantIds: [] })).toMatchObject({ names: [], total: 0, skipped: 0 });
        expect(await page({ states: [] })).toMatchObject({ names: [], total: 0 });
      });

      test("hold each cluster once also where many have the same name", async () => {
        const homes = [mina, jun];
        for (let i = 0; i < 5; i++) homes.push(await addPerson(stores, `person-${i}`));
        const made = await Promise.all(homes.map((home) => addCluster(stores, idOf(home), "demo")));
        const seen = await walk({});
        expect(seen).toHaveLength(7);
        expect(new Set(seen)).toEqual(new Set(made.map((c) => c.id)));
      });

      test("continue after a cluster that went away since its page was read", async () => {
        const [, b = expect.fail()] = await add(mina, "a", "b", "c", "d");
        await remove(b.id);
        const living: PageOptions = { tenantIds: [idOf(mina)], states: ["draft", "ready"] };
        expect(await page({ ...living, after: b.id })).toMatchObject({ names: ["c", "d"], total: 3, skipped: 1 });
        expect(await page({ tenantIds: [idOf(mina)], states: ["gone"] })).toMatchObject({ names: ["b"], total: 1 });
      });

      test("take a cursor of another tenant for one that does not exist, and never count what is foreign", async () => {
        await add(mina, "a", "c");
        const [foreign = expect.fail()] = await add(jun, "b");
        for (const after of [foreign.id, randomUUID()])
          expect(await page({ tenantIds: [idOf(mina)], after })).toMatchObject({ names: [], total: 2 });
        expect(await page({ tenantIds: [idOf(mina), idOf(jun)], after: foreign.id })).toMatchObject({ names: ["c"], total: 3, skipped: 2 });
      });

      test("are narrowed by a part of the name, in which no letter has another meaning", async () => {
        await add(mina, "web-1", "web-2", "db");
        expect(await page({ query: "eb-" })).toMatchObject({ names: ["web-1", "web-2"], total: 2 });
        expect(await page({ name: "web-1" })).toMatchObject({ names: ["web-1"], total: 1 });
        expect(await page({ name: "web" })).toMatchObject({ names: [], total: 0 });
        for (const query of ["%", "_", "\\", "w%1", "'"]) expect(await page({ query })).toMatchObject({ names: [], total: 0 });
      });

      test("that are not gone are counted by tenant", async () => {
        const [a = expect.fail(), b = expect.fail()] = await add(mina, "a", "b", "c");
        await remove(a.id);
        await stores.clusters.setState(b.id, "ready", noon);
        await add(jun, "d");
        expect([...(await stores.clusters.livingOf([idOf(mina), idOf(jun), randomUUID()]))].toSorted()).toEqual(
          [
            [idOf(mina), 2],
            [idOf(jun), 1],
          ].toSorted(),
        );
      });
    });

    describe("several at once", () => {
      test("every cluster comes once in the order of ids, also while others are made", async () => {
        const made = new Set((await add(mina, "a", "b", "c", "d", "e")).map((c) => c.id));
        const seen: string[] = [];
        for (let after = ""; ; after = seen.at(-1) ?? "") {
          const batch = await stores.clusters.batch({ after, limit: 2 });
          if (batch.length === 0) break;
          seen.push(...batch.map((c) => c.id));
          if (seen.length === 2) await add(jun, "late");
        }
        expect(seen).toEqual(seen.toSorted());
        expect([...made].filter((id) => !seen.includes(id))).toEqual([]);
        expect(await stores.clusters.batch({ after: "", limit: 9, states: ["ready"] })).toEqual([]);
      });

      test("clusters, revisions and current operations are found together", async () => {
        const [a = expect.fail(), b = expect.fail()] = await add(mina, "a", "b", "c");
        await stores.clusters.addRevision(
          specOf({ clusterId: a.id, tenantId: idOf(mina), name: "a", index: 0, workers: 2, revision: 2 }),
          noon,
        );
        const { operation } = await stores.operations.submit(
          newOperation({ personId: mina?.personId ?? "", tenantId: idOf(mina), cluster: b }, { kind: "preview" }),
        );
        expect((await stores.clusters.several([a.id, b.id, randomUUID()])).map((c) => c.name).toSorted()).toEqual(["a", "b"]);
        const found = await stores.clusters.specs([
          { clusterId: a.id, revision: 2 },
          { clusterId: b.id, revision: 1 },
          { clusterId: b.id, revision: 2 },
        ]);
        expect(found.map((s) => `${s.name} ${s.revision}`).toSorted()).toEqual(["a 2", "b 1"]);
        expect(await stores.operations.list({ clusterIds: [a.id, b.id], states: ["queued"], limit: 9 })).toEqual([operation]);
        expect([
          await stores.clusters.several([]),
          await stores.clusters.specs([]),
          await stores.operations.list({ clusterIds: [], limit: 9 }),
        ]).toEqual([[], [], []]);
      });

      test("more revisions are found together than fit into one question", async () => {
        const [a = expect.fail()] = await add(mina, "a");
        const refs = [...Array.from({ length: 450 }, () => ({ clusterId: randomUUID(), revision: 1 })), { clusterId: a.id, revision: 1 }];
        expect((await stores.clusters.specs(refs)).map((s) => s.clusterId)).toEqual([a.id]);
      });

      test("history continues before a number", async () => {
        const [a = expect.fail()] = await add(mina, "a");
        for (const revision of [2, 3])
          await stores.clusters.addRevision(
            specOf({ clusterId: a.id, tenantId: idOf(mina), name: "a", index: 0, workers: revision, revision }),
            noon,
          );
        const numbers = async (q: { readonly limit: number; readonly before?: number }) =>
          (await stores.clusters.revisions(a.id, q)).map((r) => r.revision);
        expect([await numbers({ limit: 2 }), await numbers({ limit: 2, before: 2 }), await numbers({ limit: 2, before: 1 })]).toEqual([
          [3, 2],
          [1],
          [],
        ]);
      });
    });

    describe("removed clusters", () => {
      const receiptOf = (by: string, at: number) => ({ operationId: randomUUID(), at, by, rows: [] });
      const tearDown = async ({ id }: Cluster, at: number) => {
        await stores.clusters.setReceipt(id, receiptOf("mina", at));
        await remove(id, at);
      };
      const removed = async (options: { readonly limit?: number; readonly after?: string } = {}) => {
        const { removed: rows, ...paged } = await stores.clusters.removed({ tenantId: idOf(mina), limit: 9, ...options });
        return { ...paged, rows: rows.map((r) => `${r.name} ${r.at - noon}`), ids: rows.map((r) => r.id) };
      };

      test("are the newest first, each name once, and none whose name leads elsewhere", async () => {
        for (const [name, at] of [
          ["demo", 1],
          ["demo", 2],
          ["lab", 3],
          ["old", 5],
        ] as const)
          await tearDown(await addCluster(stores, idOf(mina), name), noon + at);
        await add(mina, "lab");
        const [draft = expect.fail()] = await add(mina, "draft");
        await remove(draft.id, noon + 6);
        await tearDown(await addCluster(stores, idOf(jun), "foreign"), noon + 7);
        expect(await removed()).toMatchObject({ rows: ["old 5", "demo 2"], total: 2, skipped: 0 });
      });

      test("come page by page, also when they went at the same moment", async () => {
        for (const name of ["a", "b", "c", "d", "e"]) await tearDown(await addCluster(stores, idOf(mina), name), noon);
        const first = await removed({ limit: 2 });
        const second = await removed({ limit: 2, after: first.ids.at(-1) ?? "" });
        const third = await removed({ limit: 2, after: second.ids.at(-1) ?? "" });
        expect([first.skipped, second.skipped, third.skipped]).toEqual([0, 2, 4]);
        expect(new Set([...first.rows, ...second.rows, ...third.rows]).size).toBe(5);
        const foreign = await addCluster(stores, idOf(jun), "z");
        await tearDown(foreign, noon);
        expect(await removed({ after: foreign.id })).toMatchObject({ rows: [], total: 5 });
      });
    });

    test("ends of changes are found together, whatever a preview did since", async () => {
      const [a = expect.fail(), b = expect.fail()] = await add(mina, "a", "b", "c");
      const home = { personId: mina?.personId ?? "", tenantId: idOf(mina) };
      const run = async (cluster: Cluster, kind: "update" | "preview", at: number) => {
        const { operation } = await stores.operations.submit(newOperation({ ...home, cluster }, { kind, requestedAt: at }));
        await stores.operations.finish(await claimNext(stores, at), "succeeded", [], null, at);
        return operation;
      };
      await run(a, "update", noon + 1);
      const last = await run(a, "update", noon + 2);
      await run(a, "preview", noon + 3);
      await run(b, "preview", noon + 4);
      expect(
        await stores.operations.lastEnds({ clusterIds: [a.id, b.id, randomUUID()], kinds: kindsThat((kind) => kind.changesHost) }),
      ).toEqual(new Map([[a.id, noon + 2]]));
      expect((await stores.operations.lastEnds({ clusterIds: [], kinds: kindsThat((kind) => kind.changesHost) })).size).toBe(0);
      expect(
        (
          await stores.operations.list({ clusterId: a.id, kinds: kindsThat((kind) => kind.changesHost), startedAfter: noon + 1, limit: 5 })
        ).map((o) => o.id),
      ).toEqual([last.id]);
    });

    test("who asked first for a check at drift comes first, until it was looked; the gone wait for nothing", async () => {
      const [a = expect.fail(), b = expect.fail(), c = expect.fail()] = await add(mina, "a", "b", "c");
      for (const [cluster, at] of [
        [b, 1],
        [a, 2],
        [c, 3],
      ] as const)
        await stores.drift.change(cluster.id, (record) => requestCheck(record, noon + at));
      expect(await stores.drift.wanted(9)).toEqual([b.id, a.id, c.id]);
      expect(await stores.drift.wanted(1)).toEqual([b.id]);
      await stores.drift.change(b.id, (record) => ({ ...record, wantedAt: null }));
      await remove(a.id);
      expect(await stores.drift.wanted(9)).toEqual([c.id]);
    });

    test("people and tenants come page by page, and a person's tenants are counted", async () => {
      for (let i = 0; i < 12; i++) {
        const t = { id: randomUUID(), slug: `team-${String(i).padStart(2, "0")}`, createdAt: noon };
        await stores.people.createTenant(t);
        await stores.people.addMember(t.id, mina?.personId ?? "", "member");
      }
      const { tenants, ...paged } = await stores.people.tenants({ tenantIds: null, limit: 3, after: "team-00" });
      expect([tenants.map((t) => t.slug), paged]).toEqual([["team-01", "team-02", "team-03"], { total: 14, skipped: 3 }]);
      expect(await stores.people.tenants({ tenantIds: [idOf(jun)], limit: 3 })).toMatchObject({
        tenants: [{ slug: "jun" }],
        total: 1,
        skipped: 0,
      });
      expect(await stores.people.tenants({ tenantIds: [], limit: 3 })).toEqual({ tenants: [], total: 0, skipped: 0 });
      expect((await stores.people.tenants({ tenantIds: null, query: "team-1", limit: 9 })).total).toBe(2);
      expect((await stores.people.tenantsWith([idOf(jun), randomUUID()])).map((t) => t.slug)).toEqual(["jun"]);
      const { people, ...counted } = await stores.people.people({ limit: 5, after: "jun" });
      expect(counted).toEqual({ total: 2, skipped: 1 });
      expect(people).toMatchObject([{ name: "mina", tenantCount: 13 }]);
      expect(people[0]?.tenants.map((t) => t.slug)).toHaveLength(10);
      expect([await stores.people.hasMembers(idOf(jun)), await stores.people.hasMembers(randomUUID())]).toEqual([true, false]);
    });
  });
}
