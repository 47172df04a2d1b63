/** What every host store keeps: hosts as their settings describe them, and the state that people gave them. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type OpenStores, registration, type StoreSet } from "#tests/contract/fixtures.ts";

export function hostStoreContract(open: OpenStores): void {
  describe("host store", () => {
    let stores: StoreSet;
    beforeEach(async () => {
      stores = await open();
    });
    afterEach(() => stores.close());

    test("has none at first, and gives back by id what was registered", async () => {
      expect(await stores.hosts.list()).toEqual([]);
      expect(await stores.hosts.get("local")).toBeNull();
      const other = registration({
        id: "attic",
        name: "attic",
        networkRange: "10.92.0.0/16",
        portBase: 40_000,
        publishedHost: "attic.test",
        memoryReserveMiB: 512,
      });
      expect(await stores.hosts.register(registration())).toEqual({ ...registration(), state: "open" });
      await stores.hosts.register(other);
      expect(await stores.hosts.list()).toEqual([
        { ...other, state: "open" },
        { ...registration(), state: "open" },
      ]);
      expect(await stores.hosts.get("attic")).toEqual({ ...other, state: "open" });
    });

    test("registering again takes over changed settings and adds no host", async () => {
      await stores.hosts.register(registration());
      const changed = registration({ name: "kvm-2", portBase: 30_000 });
      await stores.hosts.register(changed);
      expect(await stores.hosts.list()).toEqual([{ ...changed, state: "open" }]);
    });

    test("many at once register one host", async () => {
      await Promise.all(Array.from({ length: 6 }, () => stores.hosts.register(registration())));
      expect(await stores.hosts.list()).toHaveLength(1);
    });
  });
}
