/** What every drift store keeps: one record per cluster, of which no change is lost. */
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type DriftRecord, noRecord } from "#app/domain/drift/drift.ts";
import { requestCheck } from "#app/domain/drift/record.ts";
import { addCluster, addHome, noon, type OpenStores, type StoreSet } from "#tests/contract/fixtures.ts";

export function driftStoreContract(open: OpenStores): void {
  describe("drift store", () => {
    let stores: StoreSet;
    let clusterId: string;
    let tenantId: string;
    beforeEach(async () => {
      stores = await open();
      const home = await addHome(stores);
      [clusterId, tenantId] = [home.cluster.id, home.tenantId];
    });
    afterEach(() => stores.close());

    const counted = (record: DriftRecord): DriftRecord => ({ ...record, revision: record.revision + 1 });

    test("knows nothing before the first change, and gives back what was written", async () => {
      expect(await stores.drift.get(clusterId)).toBeNull();
      const written = await stores.drift.change(clusterId, (record) => requestCheck(record, noon));
      expect(written).toEqual({ ...noRecord, wantedAt: noon });
      expect(await stores.drift.get(clusterId)).toEqual(written);
    });

    test("loses none of many changes at once", async () => {
      await Promise.all(Array.from({ length: 20 }, () => stores.drift.change(clusterId, counted)));
      expect((await stores.drift.get(clusterId))?.revision).toBe(20);
    });

    test("leaves things as they are when the change asks for it, or throws", async () => {
      await stores.drift.change(clusterId, counted);
      expect(await stores.drift.change(clusterId, () => null)).toMatchObject({ revision: 1 });
      const refuse = () => {
        throw new Error("no");
      };
      await expect(stores.drift.change(clusterId, refuse)).rejects.toThrow("no");
      expect((await stores.drift.get(clusterId))?.revision).toBe(1);
    });

    test("gives the records of those clusters that have one", async () => {
      const other = await addCluster(stores, tenantId, "other");
      await addCluster(stores, tenantId, "third");
      await stores.drift.change(clusterId, counted);
      await stores.drift.change(other.id, (record) => requestCheck(record, noon));
      const found = await stores.drift.of([clusterId, other.id, randomUUID()]);
      expect([...found.keys()].toSorted()).toEqual([clusterId, other.id].toSorted());
      expect(found.get(other.id)?.wantedAt).toBe(noon);
      expect((await stores.drift.of([])).size).toBe(0);
    });

    test("refuses a cluster that does not exist", async () => {
      await expect(stores.drift.change(randomUUID(), counted)).rejects.toThrow("no such cluster");
    });
  });
}
