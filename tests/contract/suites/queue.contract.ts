/** What every operation store must do with a queue that is longer than the places. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { addCluster, addPerson, leaseMs, newOperation, noon, type OpenStores, type StoreSet } from "#tests/contract/fixtures.ts";

type Home = Awaited<ReturnType<typeof addPerson>>;

export function queueContract(open: OpenStores, runs: number): void {
  describe("the queue", () => {
    let stores: StoreSet;
    beforeEach(async () => {
      stores = await open();
    });
    afterEach(() => stores.close());

    const submit = async (home: Home, id: string, requestedAt: number) => {
      const cluster = await addCluster(stores, home.tenantId, id, 0, 100_000);
      await stores.operations.submit(newOperation({ ...home, cluster }, { id, requestedAt }));
    };
    const limits = (maxRunning: number, maxPerTenant: number, memoryLow = false) => ({ maxRunning, maxPerTenant, memoryLow });
    const claim = async (maxRunning: number, maxPerTenant: number) =>
      await stores.operations.claim({ workerId: "w", now: () => noon, leaseMs, maxRunning, maxPerTenant });

    test("a tenant with many waiting operations does not hold up another's first", async () => {
      const [mina, jun] = [await addPerson(stores, "mina"), await addPerson(stores, "jun")];
      for (let i = 0; i < 5; i++) await submit(mina, `m${i}`, noon + i);
      await submit(jun, "j0", noon + 100);
      const order = [];
      for (let i = 0; i < 6; i++) order.push((await claim(99, 99))?.operation.id);
      expect(order).toEqual(["m0", "j0", "m1", "m2", "m3", "m4"]);
    });

    test("with one slot tenants take turns, although nothing runs when the next operation is claimed", async () => {
      const [mina, jun] = [await addPerson(stores, "mina"), await addPerson(stores, "jun")];
      for (let i = 0; i < 6; i++) await submit(mina, `m${i}`, noon + i);
      const order: string[] = [];
      const runOne = async () => {
        const [first] = await stores.operations.queue(limits(1, 9));
        const taken = (await claim(1, 9)) ?? expect.fail("nothing taken");
        expect(first).toEqual({ operationId: taken.operation.id, position: 1, reason: "starting" });
        order.push(taken.operation.id);
        await stores.operations.finish(taken.claim, "succeeded", [], null, noon);
      };
      await runOne();
      await runOne();
      for (let i = 0; i < 3; i++) await submit(jun, `j${i}`, noon + 100 + i);
      const shown = (await stores.operations.queue(limits(1, 9))).map((p) => p.operationId);
      for (let i = 0; i < 7; i++) await runOne();
      expect(order).toEqual(["m0", "m1", "j0", "m2", "j1", "m3", "j2", "m4", "m5"]);
      expect(shown).toEqual(order.slice(2));
    });

    test("a tenant's bound leaves places for others, and opens again when one of its own ends", async () => {
      const [mina, jun] = [await addPerson(stores, "mina"), await addPerson(stores, "jun")];
      for (let i = 0; i < 3; i++) await submit(mina, `m${i}`, noon + i);
      const first = await claim(9, 1);
      expect(await claim(9, 1)).toBeNull();
      expect(await stores.operations.queue(limits(9, 1))).toEqual([
        { operationId: "m1", position: 1, reason: "tenant-limit" },
        { operationId: "m2", position: 2, reason: "tenant-limit" },
      ]);
      await submit(jun, "j0", noon + 50);
      expect((await claim(9, 1))?.operation.id).toBe("j0");
      await stores.operations.finish(first?.claim ?? expect.fail("nothing taken"), "succeeded", [], null, noon);
      expect((await claim(9, 1))?.operation.id).toBe("m1");
    });

    test("tells nothing of what runs, is over or waits for a person", async () => {
      const mina = await addPerson(stores, "mina");
      expect(await stores.operations.queue(limits(9, 9))).toEqual([]);
      for (const id of ["a", "b", "c", "d"]) await submit(mina, id, noon);
      await claim(9, 9);
      const next = await claim(9, 9);
      await stores.operations.finish(next?.claim ?? expect.fail("nothing taken"), "interrupted", [], null, noon);
      await stores.operations.requestCancel("c", "mina", noon);
      expect(await stores.operations.queue(limits(1, 9, true))).toEqual([{ operationId: "d", position: 1, reason: "memory" }]);
      expect(await stores.operations.queue(limits(1, 9))).toEqual([{ operationId: "d", position: 1, reason: "slots" }]);
    });

    test("what is claimed is what the queue says, whoever asked for what and when", async () => {
      const homes = [await addPerson(stores, "a"), await addPerson(stores, "b"), await addPerson(stores, "c")];
      const request = fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 5 }));
      const bounds = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 3 }));
      let n = 0;
      const property = fc.asyncProperty(fc.array(request, { maxLength: 8 }), bounds, async (requests, [maxRunning, maxPerTenant]) => {
        for (const [who, at] of requests) await submit(homes[who] ?? expect.fail("who"), `x${n++}`, noon + at);
        const claims = [];
        for (;;) {
          const places = await stores.operations.queue(limits(maxRunning, maxPerTenant));
          const taken = await claim(maxRunning, maxPerTenant);
          const may = places.find((p) => p.reason === "starting")?.operationId;
          expect(taken?.operation.id).toBe(may);
          expect(places.some((p) => p.reason === "slots") && claims.length < maxRunning).toBe(false);
          if (!taken) break;
          claims.push(taken.claim);
        }
        for (const c of claims) await stores.operations.finish(c, "succeeded", [], null, noon);
        for (const p of await stores.operations.queue(limits(1, 1))) await stores.operations.requestCancel(p.operationId, "mina", noon);
      });
      await fc.assert(property, { numRuns: runs });
    });
  });
}
