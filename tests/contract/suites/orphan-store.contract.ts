/** What every orphan store keeps: the list of the last sweep of each host, as a whole. */
import { localHost } from "#app/domain/host/libvirt-host.ts";
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
      expect(await stores.orphans.list(localHost)).toEqual([]);
      await stores.orphans.replace(localHost, [pool, machine]);
      expect(await stores.orphans.list(localHost)).toEqual([machine, pool]);
      await stores.orphans.replace(localHost, [{ ...machine, reason: "cluster-gone" }]);
      expect(await stores.orphans.list(localHost)).toEqual([{ ...machine, reason: "cluster-gone" }]);
      await stores.orphans.replace(localHost, []);
      expect(await stores.orphans.list(localHost)).toEqual([]);
    });

    test("the list of one host is nothing to another, also where they hold things of one name", async () => {
      await stores.orphans.replace(localHost, [machine, pool]);
      await stores.orphans.replace("attic", [{ ...machine, since: noon + 5 }]);
      expect(await stores.orphans.list(localHost)).toEqual([machine, pool]);
      expect(await stores.orphans.list("attic")).toEqual([{ ...machine, since: noon + 5 }]);
      await stores.orphans.replace(localHost, []);
      expect(await stores.orphans.list("attic")).toHaveLength(1);
    });

    test("many at once: one list stands, whole", async () => {
      const lists = Array.from({ length: 6 }, (_, i) => [
        { ...machine, since: i },
        { ...pool, since: i },
      ]);
      await Promise.all(lists.map((list) => stores.orphans.replace(localHost, list)));
      const stands = await stores.orphans.list(localHost);
      expect(new Set(stands.map((o) => o.since)).size).toBe(1);
      expect(stands).toHaveLength(2);
    });
  });
}
