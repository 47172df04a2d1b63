/** What every set of stores must do about the libvirt host's networks and capacity: drafts reserve nothing, approvals do. */
import { localHost } from "#app/domain/host/libvirt-host.ts";
import { reported } from "#app/domain/message/message.ts";
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import { saveCluster, wakeCluster } from "#app/domain/power/power-revisions.ts";
import { RangeExhausted, RevisionConflict, TooManyDrafts } from "#app/ports/cluster-store.ts";
import { CapacityTaken, ClusterGone, NetworkTaken, TooManyPreviews } from "#app/ports/operation-store.ts";
import { addCluster, addPerson, claimNext, newOperation, noon, type OpenStores, type StoreSet, specOf } from "#tests/contract/fixtures.ts";

const none = { vcpus: 0, memoryMiB: 0, diskGiB: 0 };
/** What a cluster of the fixtures with so many machines takes. */
const machines = (count: number) => ({ vcpus: 2 * count, memoryMiB: 2048 * count, diskGiB: 10 * count });

export function reservationsContract(open: OpenStores): void {
  describe("reservations", () => {
    let stores: StoreSet;
    let [tenantId, personId] = ["", ""];
    beforeEach(async () => {
      stores = await open();
      ({ tenantId, personId } = await addPerson(stores, "mina"));
    });
    afterEach(() => stores.close());

    const home = (cluster: Pick<Cluster, "id">) => ({ tenantId, personId, cluster });
    const approve = (cluster: Cluster, hostLimit?: typeof none, specRevision = 1) =>
      stores.operations.submit(newOperation(home(cluster), { specRevision }), hostLimit === undefined ? {} : { hostLimit });
    const reservedBy = async ({ id }: Cluster) => (await stores.clusters.get(id))?.reserved;
    const grow = (c: Cluster, workers: number, revision: number) =>
      stores.clusters.addRevision(specOf({ clusterId: c.id, tenantId, name: c.name, index: c.networkIndex, workers, revision }), noon);
    /** Claims the queued update and ends it as a successful run does. */
    const bringToLife = async (c: Cluster, revision: number) => {
      const claim = await claimNext(stores);
      await stores.clusters.setLiveRevision(c.id, revision, claim);
      await stores.clusters.setState(c.id, "ready", noon, claim);
      await stores.operations.finish(claim, "succeeded", [], null, noon);
    };

    describe("on several hosts", () => {
      const one = (name: string, hostId: string, indexLimit = 1) => addCluster(stores, tenantId, name, 0, indexLimit, hostId);

      test("each host gives its own networks: the same index on two hosts is reserved twice", async () => {
        const [here, there] = [await one("here", localHost), await one("there", "attic")];
        expect([here.hostId, here.networkIndex, there.hostId, there.networkIndex]).toEqual([localHost, 0, "attic", 0]);
        await approve(here);
        expect(await stores.clusters.networkIsTaken(there.id)).toBe(false);
        await approve(there);
        expect([
          await stores.clusters.nextNetwork(localHost, 1),
          await stores.clusters.nextNetwork("attic", 1),
          await stores.clusters.nextNetwork("cellar", 1),
        ]).toEqual([null, null, 0]);
        await expect(one("more", "attic")).rejects.toBeInstanceOf(RangeExhausted);
      });

      test("another network is proposed from the range of the cluster's own host", async () => {
        await approve(await one("taken", localHost, 2));
        const there = await one("there", "attic", 2);
        const spec = (index: number) => ({
          ...specOf({ clusterId: there.id, tenantId, name: "there", index, workers: 0, revision: 2 }),
          hostId: "attic",
        });
        await stores.clusters.proposeNetwork(there.id, { indexLimit: 2, at: noon }, spec);
        expect(await stores.clusters.get(there.id)).toMatchObject({ hostId: "attic", networkIndex: 1, revision: 2 });
      });

      test("what one host holds takes nothing of another", async () => {
        const [here, there] = [await one("here", localHost), await one("there", "attic")];
        await approve(here, machines(1));
        expect(await stores.clusters.reserved("attic")).toEqual({ ...none, clusters: 0 });
        await approve(there, machines(1));
        expect([await stores.clusters.reserved(localHost), await stores.clusters.reserved("attic")]).toEqual([
          { ...machines(1), clusters: 1 },
          { ...machines(1), clusters: 1 },
        ]);
        expect((await stores.clusters.holders("attic", null, 9)).map((c) => c.name)).toEqual(["there"]);
        await expect(approve(await one("late", "attic", 9), machines(1))).rejects.toBeInstanceOf(CapacityTaken);
      });
    });

    describe("of networks", () => {
      test("drafts exhaust nothing: when they have proposed every index, the next ones propose those again", async () => {
        const indexes = [];
        for (const name of ["a", "b", "c", "d"]) indexes.push((await addCluster(stores, tenantId, name, 0, 2)).networkIndex);
        expect(indexes).toEqual([0, 1, 0, 0]);
        expect(await stores.clusters.reserved(localHost)).toEqual({ ...none, clusters: 0 });
      });

      test("the first approval has the network, and the other draft's is refused", async () => {
        const [a, b] = [await addCluster(stores, tenantId, "a", 0, 1), await addCluster(stores, tenantId, "b", 0, 1)];
        await approve(a);
        expect(await stores.clusters.networkIsTaken(a.id)).toBe(false);
        expect(await stores.clusters.networkIsTaken(b.id)).toBe(true);
        await expect(approve(b)).rejects.toBeInstanceOf(NetworkTaken);
        expect(await stores.operations.list({ clusterId: b.id, limit: 5 })).toEqual([]);
      });

      test("of two approvals at once that want one network, one is queued", async () => {
        const drafts = [
          await addCluster(stores, tenantId, "a", 0, 1),
          await addCluster(stores, tenantId, "b", 0, 1),
          await addCluster(stores, tenantId, "c", 0, 1),
        ];
        const all = await Promise.allSettled(drafts.map((draft) => approve(draft)));
        expect(all.filter((r) => r.status === "fulfilled")).toHaveLength(1);
        for (const r of all) if (r.status === "rejected") expect(r.reason).toBeInstanceOf(NetworkTaken);
      });

      test("a range is exhausted when every index is reserved", async () => {
        await approve(await addCluster(stores, tenantId, "a", 0, 2));
        await approve(await addCluster(stores, tenantId, "b", 0, 2));
        expect(await stores.clusters.nextNetwork(localHost, 2)).toBeNull();
        expect(await stores.clusters.nextNetwork(localHost, 3)).toBe(2);
        await expect(addCluster(stores, tenantId, "c", 0, 2)).rejects.toBeInstanceOf(RangeExhausted);
      });

      test("a draft whose network is taken can be given another one in its next revision", async () => {
        const [a, b] = [await addCluster(stores, tenantId, "a", 0, 1), await addCluster(stores, tenantId, "b", 0, 1)];
        await approve(a);
        const next = (index: number) => specOf({ clusterId: b.id, tenantId, name: "b", index, workers: 0, revision: 2 });
        await expect(stores.clusters.proposeNetwork(b.id, { indexLimit: 1, at: noon }, next)).rejects.toBeInstanceOf(RangeExhausted);
        await stores.clusters.proposeNetwork(b.id, { indexLimit: 2, at: noon }, next);
        await expect(stores.clusters.proposeNetwork(b.id, { indexLimit: 9, at: noon }, next)).rejects.toBeInstanceOf(RevisionConflict);
        expect(await stores.clusters.get(b.id)).toMatchObject({ networkIndex: 1, revision: 2 });
        expect((await stores.clusters.spec(b.id, 2))?.networks[0]?.cidr).toBe("10.91.1.0/24");
        await approve(b, undefined, 2);
        expect(await stores.clusters.reserved(localHost)).toMatchObject({ clusters: 2 });
      });
    });

    describe("of capacity", () => {
      test("an approval reserves what its revision takes, a draft and an unapproved edit nothing", async () => {
        const cluster = await addCluster(stores, tenantId, "a", 1);
        expect(await stores.clusters.reserved(localHost)).toEqual({ ...none, clusters: 0 });
        await approve(cluster);
        expect(await stores.clusters.reserved(localHost)).toEqual({ ...machines(2), clusters: 1 });
        await bringToLife(cluster, 1);
        await grow(cluster, 5, 2);
        expect(await reservedBy(cluster)).toEqual(machines(2));
      });

      test("of two approvals that want the last of it one is refused, with the numbers", async () => {
        const [a, b] = [await addCluster(stores, tenantId, "a", 1), await addCluster(stores, tenantId, "b", 1)];
        const limit = { vcpus: 100, memoryMiB: 3 * 2048, diskGiB: 100 };
        const all = await Promise.allSettled([approve(a, limit), approve(b, limit)]);
        const refused = all.flatMap((r) => (r.status === "rejected" ? [r.reason as unknown] : []));
        expect(refused).toHaveLength(1);
        expect(refused[0]).toBeInstanceOf(CapacityTaken);
        expect((refused[0] as CapacityTaken).refusals).toEqual([{ code: "memory", needed: 4096, available: 2048, unit: "MiB" }]);
        expect(await stores.clusters.reserved(localHost)).toEqual({ ...machines(2), clusters: 1 });
      });

      test("a repeated approval reserves once", async () => {
        const cluster = await addCluster(stores, tenantId, "a", 1);
        const wanted = newOperation(home(cluster), { idempotencyKey: "k1" });
        await stores.operations.submit(wanted, { hostLimit: machines(2) });
        expect(await stores.operations.submit({ ...wanted, id: randomUUID() }, { hostLimit: machines(2) })).toMatchObject({
          created: false,
        });
        expect(await stores.clusters.reserved(localHost)).toEqual({ ...machines(2), clusters: 1 });
      });

      test("an update that is approved counts beside what lives, and afterwards only what lives does", async () => {
        const cluster = await addCluster(stores, tenantId, "a", 3);
        await approve(cluster);
        await bringToLife(cluster, 1);
        await grow(cluster, 1, 2);
        await approve(cluster, none, 2);
        // Shrinking needs nothing, and until it is done the larger amount stands on the host.
        expect(await reservedBy(cluster)).toEqual(machines(4));
        await bringToLife(cluster, 2);
        expect(await reservedBy(cluster)).toEqual(machines(2));
      });

      test("a cluster that is saved returns memory and processors once that is done, and takes disk for its memory from the approval on", async () => {
        const cluster = await addCluster(stores, tenantId, "a", 1);
        await approve(cluster);
        await bringToLife(cluster, 1);
        const on = (await stores.clusters.spec(cluster.id, 1)) ?? expect.fail();
        const saved = saveCluster(on, on);
        await stores.clusters.addRevision(saved, noon);
        await approve(cluster, undefined, 2);
        expect(await reservedBy(cluster)).toEqual({ ...machines(2), diskGiB: 24 });
        await bringToLife(cluster, 2);
        expect(await reservedBy(cluster)).toEqual({ vcpus: 0, memoryMiB: 0, diskGiB: 24 });
        await stores.clusters.addRevision(wakeCluster({ previous: saved, live: saved }), noon);
        const full = { vcpus: 100, memoryMiB: 2048, diskGiB: 100 };
        await expect(approve(cluster, full, 3)).rejects.toMatchObject({ refusals: [{ code: "memory", needed: 4096, available: 2048 }] });
        await approve(cluster, { ...full, memoryMiB: 4096 }, 3);
        expect(await reservedBy(cluster)).toEqual({ ...machines(2), diskGiB: 24 });
      });

      test("an approval that is cancelled before it runs gives everything back", async () => {
        const cluster = await addCluster(stores, tenantId, "a", 1);
        const { operation } = await approve(cluster);
        await stores.operations.requestCancel(operation.id, "mina", noon);
        expect(await reservedBy(cluster)).toBeNull();
        expect(await stores.clusters.networkIsTaken(cluster.id)).toBe(false);
      });

      test("a run that touched nothing gives everything back, and a resume takes it again or is refused", async () => {
        const [a, b] = [await addCluster(stores, tenantId, "a", 0, 1), await addCluster(stores, tenantId, "b", 0, 1)];
        const first = await approve(a);
        await stores.operations.finish(await claimNext(stores), "failed", [reported("refused")], null, noon);
        expect(await reservedBy(a)).toBeNull();
        const second = await approve(b);
        await expect(stores.operations.resume(first.operation.id, "mina", noon)).rejects.toBeInstanceOf(NetworkTaken);
        await stores.operations.requestCancel(second.operation.id, "mina", noon);
        await stores.operations.resume(first.operation.id, "mina", noon);
        expect(await reservedBy(a)).toEqual(machines(1));
      });

      test("what an unfinished run may have built stays reserved until the cluster is gone", async () => {
        const cluster = await addCluster(stores, tenantId, "a", 1);
        await approve(cluster);
        const claim = await claimNext(stores);
        await stores.clusters.setState(cluster.id, "provisioning", noon, claim);
        await stores.operations.finish(claim, "interrupted", [reported("worker gone")], null, noon);
        expect(await reservedBy(cluster)).toEqual(machines(2));
        await stores.clusters.setState(cluster.id, "degraded", noon);
        const [operation] = await stores.operations.list({ clusterId: cluster.id, limit: 1 });
        await stores.operations.requestCancel(operation?.id ?? "", "mina", noon);
        expect(await reservedBy(cluster)).toEqual(machines(2));
        await stores.clusters.setState(cluster.id, "gone", noon);
        expect(await stores.clusters.reserved(localHost)).toEqual({ ...none, clusters: 0 });
      });

      test("holders are named with the largest first, of the tenants that are asked for", async () => {
        const jun = await addPerson(stores, "jun");
        const [small, large] = [await addCluster(stores, tenantId, "small", 0), await addCluster(stores, tenantId, "large", 4)];
        const foreign = await addCluster(stores, jun.tenantId, "foreign", 2);
        await addCluster(stores, tenantId, "draft", 9);
        await approve(small);
        await approve(large);
        await stores.operations.submit(newOperation({ ...jun, cluster: foreign }));
        const names = async (of: readonly string[] | null, limit = 10) =>
          (await stores.clusters.holders(localHost, of, limit)).map((c) => c.name);
        expect(await names(null)).toEqual(["large", "foreign", "small"]);
        expect(await names([tenantId])).toEqual(["large", "small"]);
        expect(await names([tenantId], 1)).toEqual(["large"]);
        expect(await names([])).toEqual([]);
      });
    });

    describe("bounds of what reserves nothing", () => {
      const draft = (name: string, maxDrafts: number, tenant = tenantId) => {
        const id = randomUUID();
        return stores.clusters.create(
          { id, tenantId: tenant, name, hostId: localHost, createdAt: noon, indexLimit: 9, maxDrafts },
          (index) => specOf({ clusterId: id, tenantId: tenant, name, index, workers: 0 }),
        );
      };

      test("a tenant has so many drafts and no more, also when they come at once; another tenant is not concerned", async () => {
        const all = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => draft(`c${i}`, 3)));
        expect(all.filter((r) => r.status === "fulfilled")).toHaveLength(3);
        for (const r of all) if (r.status === "rejected") expect(r.reason).toBeInstanceOf(TooManyDrafts);
        await draft("c", 3, (await addPerson(stores, "jun")).tenantId);
      });

      test("a discarded draft makes place for another one", async () => {
        const first = await draft("a", 1);
        await expect(draft("b", 1)).rejects.toBeInstanceOf(TooManyDrafts);
        expect(await stores.clusters.discardDraft(first.id, noon)).toBe(true);
        await draft("b", 1);
        expect(await stores.clusters.get(first.id)).toMatchObject({ state: "gone", goneAt: noon });
      });

      test("neither a draft with an unfinished operation is discarded nor what is no draft", async () => {
        const cluster = await draft("a", 5);
        const { operation } = await stores.operations.submit(newOperation(home(cluster), { kind: "preview" }));
        expect(await stores.clusters.discardDraft(cluster.id, noon)).toBe(false);
        await stores.operations.requestCancel(operation.id, "mina", noon);
        await stores.clusters.setState(cluster.id, "ready", noon);
        expect(await stores.clusters.discardDraft(cluster.id, noon)).toBe(false);
        expect(await stores.clusters.discardDraft(randomUUID(), noon)).toBe(false);
      });

      test("a draft that was edited or previewed since it was found unchanged is not discarded", async () => {
        const [edited, previewed, old] = [await draft("a", 9), await draft("b", 9), await draft("c", 9)];
        await stores.clusters.addRevision(
          specOf({ clusterId: edited.id, tenantId, name: "a", index: 0, workers: 1, revision: 2 }),
          noon + 5,
        );
        const { operation } = await stores.operations.submit(newOperation(home(previewed), { kind: "preview", requestedAt: noon + 7 }));
        await stores.operations.requestCancel(operation.id, "mina", noon + 8);
        for (const { id } of [edited, previewed]) expect(await stores.clusters.discardDraft(id, noon + 9, noon + 5)).toBe(false);
        expect(await stores.clusters.discardDraft(edited.id, noon + 9, noon + 6)).toBe(true);
        expect(await stores.clusters.discardDraft(old.id, noon + 9, noon + 5)).toBe(true);
        expect((await stores.clusters.get(previewed.id))?.state).toBe("draft");
      });

      test.each(["preview", "update", "destroy"] as const)("nothing is queued for a cluster that is gone: %s", async (kind) => {
        const cluster = await draft("a", 9);
        expect(await stores.clusters.discardDraft(cluster.id, noon)).toBe(true);
        await expect(
          stores.operations.submit(newOperation(home(cluster), { kind, planKind: kind === "destroy" ? "destroy" : "update" })),
        ).rejects.toBeInstanceOf(ClusterGone);
        expect(await stores.operations.list({ clusterId: cluster.id, limit: 5 })).toEqual([]);
        expect(await stores.clusters.reserved(localHost)).toEqual({ ...none, clusters: 0 });
      });

      test("an update of a cluster that was taken down meanwhile is not resumed", async () => {
        const cluster = await draft("a", 9);
        const { operation } = await approve(cluster);
        await stores.operations.finish(await claimNext(stores), "failed", [reported("refused")], null, noon);
        await stores.clusters.discardDraft(cluster.id, noon);
        await expect(stores.operations.resume(operation.id, "mina", noon)).rejects.toBeInstanceOf(ClusterGone);
        expect(await stores.operations.get(operation.id)).toMatchObject({ state: "failed" });
      });

      test("of a discard and a submit at the same moment one happens: no operation is queued for a draft that is gone", async () => {
        const drafts = await Promise.all(Array.from({ length: 6 }, (_, i) => draft(`c${i}`, 9)));
        for (const [i, cluster] of drafts.entries()) {
          const submit = () => stores.operations.submit(newOperation(home(cluster), { kind: i % 2 === 0 ? "preview" : "update" }));
          const discard = () => stores.clusters.discardDraft(cluster.id, noon);
          const [submitted, discarded] =
            i < 3 ? await Promise.allSettled([submit(), discard()]) : (await Promise.allSettled([discard(), submit()])).toReversed();
          const queued = await stores.operations.list({ clusterId: cluster.id, limit: 5 });
          const gone = (await stores.clusters.get(cluster.id))?.state === "gone";
          expect([gone, queued.length]).toEqual(gone ? [true, 0] : [false, 1]);
          expect([submitted?.status, discarded?.status === "fulfilled" && discarded.value]).toEqual(
            gone ? ["rejected", true] : ["fulfilled", false],
          );
        }
      });

      test("drafts are found by when they were last changed or previewed, the oldest first", async () => {
        const [a, b, c] = [await draft("a", 9), await draft("b", 9), await draft("c", 9)];
        await stores.clusters.addRevision(specOf({ clusterId: b.id, tenantId, name: "b", index: 1, workers: 1, revision: 2 }), noon + 5);
        await stores.operations.submit(newOperation(home(c), { kind: "preview", requestedAt: noon + 9 }));
        const found = async (before: number, limit = 9) => (await stores.clusters.draftsUnchangedSince(before, limit)).map((o) => o.name);
        expect(await found(noon)).toEqual([]);
        expect(await found(noon + 1)).toEqual(["a"]);
        expect(await found(noon + 6)).toEqual(["a", "b"]);
        expect(await found(noon + 10)).toEqual(["a", "b", "c"]);
        expect(await found(noon + 10, 2)).toEqual(["a", "b"]);
        await stores.clusters.setState(a.id, "ready", noon);
        expect(await found(noon + 6)).toEqual(["b"]);
      });

      test("a tenant has so many previews queued and no more; updates and other tenants are not counted", async () => {
        const [a, b, c] = [await draft("a", 9), await draft("b", 9), await draft("c", 9)];
        const preview = (cluster: Cluster) =>
          stores.operations.submit(newOperation(home(cluster), { kind: "preview" }), { queuedPreviews: 2 });
        await preview(a);
        await preview(b);
        await expect(preview(c)).rejects.toBeInstanceOf(TooManyPreviews);
        await approve(c);
        const jun = await addPerson(stores, "jun");
        const theirs = await draft("d", 9, jun.tenantId);
        await stores.operations.submit(newOperation({ ...jun, cluster: theirs }, { kind: "preview" }), { queuedPreviews: 1 });
      });
    });
  });
}
