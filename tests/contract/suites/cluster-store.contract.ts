/** What every cluster store must do, whatever it is built on. */
import { localHost } from "#app/domain/host/libvirt-host.ts";
import { message } from "#app/domain/message/message.ts";
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NameTaken, type Receipt, RevisionConflict } from "#app/ports/cluster-store.ts";
import { LeaseLost, type Claim } from "#app/ports/operation-store.ts";
import {
  allClusters,
  addCluster,
  addPerson,
  claimNext,
  newOperation,
  noon,
  type OpenStores,
  planOf,
  type StoreSet,
  specOf,
} from "#tests/contract/fixtures.ts";

export function clusterStoreContract(open: OpenStores): void {
  describe("cluster store", () => {
    let stores: StoreSet;
    let [tenantId, personId] = ["", ""];
    beforeEach(async () => {
      stores = await open();
      ({ tenantId, personId } = await addPerson(stores, "mina"));
    });
    afterEach(() => stores.close());

    const remove = (id: string, at = noon) => stores.clusters.setState(id, "gone", at);

    describe("creating", () => {
      test("writes the cluster and its first revision made from the index", async () => {
        const cluster = await addCluster(stores, tenantId, "demo");
        expect(cluster).toEqual({
          id: cluster.id,
          tenantId,
          hostId: localHost,
          name: "demo",
          networkIndex: 0,
          reserved: null,
          state: "draft",
          revision: 1,
          liveRevision: 0,
          createdAt: noon,
          changedAt: noon,
          readyAt: null,
          goneAt: null,
        });
        expect(await stores.clusters.get(cluster.id)).toEqual(cluster);
        expect(await stores.clusters.spec(cluster.id, 1)).toEqual(
          specOf({ clusterId: cluster.id, tenantId, name: "demo", index: 0, workers: 1 }),
        );
        expect(await stores.clusters.revisions(cluster.id, { limit: 5 })).toEqual([{ revision: 1, at: noon }]);
      });

      test("refuses a name that a living cluster of the tenant has; another tenant may use it", async () => {
        await addCluster(stores, tenantId, "demo");
        await expect(addCluster(stores, tenantId, "demo")).rejects.toBeInstanceOf(NameTaken);
        const jun = await addPerson(stores, "jun");
        expect(await addCluster(stores, jun.tenantId, "demo")).toMatchObject({ name: "demo", networkIndex: 1 });
      });

      test("a name and an index are free again when their cluster is gone, and not before", async () => {
        const [first] = [await addCluster(stores, tenantId, "a"), await addCluster(stores, tenantId, "b")];
        await stores.clusters.setState(first.id, "destroying", noon);
        await expect(addCluster(stores, tenantId, "a")).rejects.toBeInstanceOf(NameTaken);
        expect(await addCluster(stores, tenantId, "c")).toMatchObject({ networkIndex: 2 });
        await remove(first.id);
        expect(await addCluster(stores, tenantId, "a")).toMatchObject({ networkIndex: 0 });
      });

      test("24 at once get 24 different indexes, the lowest ones", async () => {
        const made = await Promise.all(Array.from({ length: 24 }, (_, i) => addCluster(stores, tenantId, `c${i}`)));
        expect(made.map((c) => c.networkIndex).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, i) => i));
        for (const c of made) expect((await stores.clusters.spec(c.id, 1))?.networks[0]?.cidr).toBe(`10.91.${c.networkIndex}.0/24`);
      });

      test("10 at once under one name: one is made, the others are refused", async () => {
        const all = await Promise.allSettled(Array.from({ length: 10 }, () => addCluster(stores, tenantId, "demo")));
        expect(all.filter((r) => r.status === "fulfilled")).toHaveLength(1);
        for (const r of all) if (r.status === "rejected") expect(r.reason).toBeInstanceOf(NameTaken);
      });

      test("leaves nothing behind when the spec cannot be made", async () => {
        const c = { id: randomUUID(), tenantId, name: "demo", hostId: localHost, createdAt: noon, indexLimit: 5 };
        const refuse = () => {
          throw new Error("no key");
        };
        await expect(stores.clusters.create(c, refuse)).rejects.toThrow("no key");
        expect(await allClusters(stores.clusters, null)).toEqual([]);
        expect(await addCluster(stores, tenantId, "demo")).toMatchObject({ networkIndex: 0 });
      });
    });

    describe("finding", () => {
      test("by name: the living one, else the one that went last", async () => {
        const first = await addCluster(stores, tenantId, "demo");
        await remove(first.id, noon + 1);
        const second = await addCluster(stores, tenantId, "demo");
        expect((await stores.clusters.byName(tenantId, "demo"))?.id).toBe(second.id);
        await remove(second.id, noon + 2);
        expect((await stores.clusters.byName(tenantId, "demo"))?.id).toBe(second.id);
        expect(await stores.clusters.byName(tenantId, "none")).toBeNull();
        expect(await stores.clusters.byName(randomUUID(), "demo")).toBeNull();
        expect(await stores.clusters.get(randomUUID())).toBeNull();
      });
    });

    describe("changing", () => {
      test("a revision must follow the newest; of two that race one is written", async () => {
        const cluster = await addCluster(stores, tenantId, "demo");
        const spec = (revision: number, workers: number) =>
          specOf({ clusterId: cluster.id, tenantId, name: "demo", index: 0, workers, revision });
        const race = await Promise.allSettled([
          stores.clusters.addRevision(spec(2, 2), noon + 1),
          stores.clusters.addRevision(spec(2, 3), noon + 1),
        ]);
        expect(race.filter((r) => r.status === "fulfilled")).toHaveLength(1);
        for (const r of race) if (r.status === "rejected") expect(r.reason).toBeInstanceOf(RevisionConflict);
        await expect(stores.clusters.addRevision(spec(4, 2), noon)).rejects.toBeInstanceOf(RevisionConflict);
        await expect(stores.clusters.addRevision(spec(1, 2), noon)).rejects.toBeInstanceOf(RevisionConflict);
        expect(await stores.clusters.get(cluster.id)).toMatchObject({ revision: 2, liveRevision: 0 });
        expect((await stores.clusters.revisions(cluster.id, { limit: 5 })).map((r) => r.revision)).toEqual([2, 1]);
        expect(await stores.clusters.spec(cluster.id, 3)).toBeNull();
      });

      test("state, live revision and their times", async () => {
        const cluster = await addCluster(stores, tenantId, "demo");
        await stores.clusters.setState(cluster.id, "provisioning", noon + 1);
        await stores.clusters.setState(cluster.id, "ready", noon + 2);
        await stores.clusters.setState(cluster.id, "degraded", noon + 3);
        await stores.clusters.setState(cluster.id, "ready", noon + 4);
        await stores.clusters.setLiveRevision(cluster.id, 1);
        expect(await stores.clusters.get(cluster.id)).toMatchObject({ state: "ready", readyAt: noon + 2, goneAt: null, liveRevision: 1 });
        await remove(cluster.id, noon + 5);
        expect(await stores.clusters.get(cluster.id)).toMatchObject({ state: "gone", goneAt: noon + 5 });
        await expect(stores.clusters.setState(cluster.id, "ready", noon + 6)).rejects.toThrow("gone or unknown");
        await expect(stores.clusters.setState(randomUUID(), "ready", noon)).rejects.toThrow("gone or unknown");
        await expect(stores.clusters.setLiveRevision(randomUUID(), 1)).rejects.toThrow("no such cluster");
      });

      test("for an operation only while it holds the stack; otherwise nothing is written", async () => {
        const cluster = await addCluster(stores, tenantId, "demo");
        const receipt = { operationId: "o", at: noon, by: "mina", rows: [] };
        const writes = (holder: Claim) => [
          () => stores.clusters.setState(cluster.id, "ready", noon, holder),
          () => stores.clusters.setLiveRevision(cluster.id, 1, holder),
          () => stores.clusters.raiseStateSerial(cluster.id, holder),
          () => stores.clusters.setReceipt(cluster.id, receipt, holder),
          () => stores.clusters.addPlan(planOf(cluster, { id: randomUUID() }), holder),
        ];
        const refuses = async (holder: Claim) => {
          for (const write of writes(holder)) await expect(write()).rejects.toBeInstanceOf(LeaseLost);
        };
        await stores.operations.submit(newOperation({ tenantId, personId, cluster }));
        const first = await claimNext(stores);
        const [held] = await stores.operations.held();
        const second = held && (await stores.operations.takeOver(held, { workerId: "w2", now: noon, leaseMs: 1_000 }));
        if (!second) return expect.fail("it was not taken over");
        await refuses(first);
        expect([
          await stores.clusters.get(cluster.id),
          await stores.clusters.stateSerial(cluster.id),
          await stores.clusters.receipt(cluster.id),
        ]).toMatchObject([{ state: "draft", liveRevision: 0 }, 0, null]);
        for (const write of writes(second.claim)) await write();
        expect([
          await stores.clusters.get(cluster.id),
          await stores.clusters.stateSerial(cluster.id),
          await stores.clusters.receipt(cluster.id),
        ]).toMatchObject([{ state: "ready", liveRevision: 1 }, 1, receipt]);
        await stores.operations.finish(second.claim, "succeeded", [], null, noon);
        await refuses(second.claim);
        expect([await stores.clusters.stateSerial(cluster.id), (await stores.clusters.planHeads(cluster.id, { limit: 9 })).length]).toEqual(
          [1, 1],
        );
      });

      test("plans are numbered per cluster, without gap, also when made at once", async () => {
        const [a, b] = [await addCluster(stores, tenantId, "a"), await addCluster(stores, tenantId, "b")];
        const made = await Promise.all(Array.from({ length: 8 }, () => stores.clusters.addPlan(planOf(a))));
        expect(made.map((p) => p.number).toSorted((x, y) => x - y)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
        const other = await stores.clusters.addPlan(planOf(b, { kind: "destroy", hash: "sha256:9" }));
        expect(other).toMatchObject({ number: 1, kind: "destroy", hash: "sha256:9" });
        expect(await stores.clusters.plan(other.id)).toEqual(other);
        expect((await stores.clusters.planHeads(a.id, { limit: 9 })).map((p) => p.number)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
        expect(await stores.clusters.plan(randomUUID())).toBeNull();
      });

      test("the state serial rises by one for each that asks", async () => {
        const cluster = await addCluster(stores, tenantId, "demo");
        expect(await stores.clusters.stateSerial(cluster.id)).toBe(0);
        const raised = await Promise.all(Array.from({ length: 10 }, () => stores.clusters.raiseStateSerial(cluster.id)));
        expect(raised.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        expect(await stores.clusters.stateSerial(cluster.id)).toBe(10);
      });

      test("keeps the receipt", async () => {
        const cluster = await addCluster(stores, tenantId, "demo");
        expect(await stores.clusters.receipt(cluster.id)).toBeNull();
        const rows = [{ what: "disk", name: "b0-cp0", gone: true, proof: message("no-disk") } as const];
        const receipt: Receipt = { operationId: randomUUID(), at: noon, by: "mina", rows };
        await stores.clusters.setReceipt(cluster.id, receipt);
        expect(await stores.clusters.receipt(cluster.id)).toEqual(receipt);
      });
    });
  });
}
