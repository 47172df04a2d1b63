/** What every orphan store keeps: the list of the last look, as a whole. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Orphan } from "#app/domain/operation/orphans.ts";
import { noon, type OpenStores, type StoreSet } from "#tests/contract/fixtures.ts";

export function orphanStoreContract(open: OpenStores): void {
  describe("orphan store", () => {
    let stores: StoreSet;
    beforeEach(async () => {
      stores = await open();
    });
    afterEach(() => stores.close());

    const machine: Orphan = { kind: "machine", name: "b7abcde-w1", tenantId: "t", clusterId: "c", reason: "not-in-state", since: noon };
    const pool: Orphan = { kind: "pool", name: "b7abcde", tenantId: null, clusterId: null, reason: "cluster-unknown", since: noon + 1 };

    test("gives back what was put last, by kind and name, and nothing else", async () => {
      expect(await stores.orphans.list()).toEqual([]);
      await stores.orphans.replace([pool, machine]);
      expect(await stores.orphans.list()).toEqual([machine, pool]);
      await stores.orphans.replace([{ ...machine, reason: "cluster-gone" }]);
      expect(await stores.orphans.list()).toEqual([{ ...machine, reason: "cluster-gone" }]);
      await stores.orphans.replace([]);
      expect(await stores.orphans.list()).toEqual([]);
    });

    test("many at once: one list stands, whole", async () => {
      const lists = Array.from({ length: 6 }, (_, i) => [{ ...machine, since: i }, { ...pool, since: i }]);
      await Promise.all(lists.map((list) => stores.orphans.replace(list)));
      const stands = await stores.orphans.list();
      expect(new Set(stands.map((o) => o.since)).size).toBe(1);
      expect(stands).toHaveLength(2);
    });
  });
}
