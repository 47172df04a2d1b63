/** What every operation store must do, whatever it is built on. */
import { reported } from "#app/domain/message/message.ts";
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Failure } from "#app/domain/operation/failure.ts";
import { ClusterBusy, KeyReused, LeaseLost } from "#app/ports/operation-store.ts";
import {
  addCluster,
  addHome,
  addPerson,
  claimNext,
  entryKinds,
  expired,
  interrupt,
  leaseMs,
  newOperation,
  noon,
  type OpenStores,
  type StoreSet,
} from "#tests/contract/fixtures.ts";

const failure: Failure = {
  step: "w1-join",
  machine: "w1",
  phase: "join",
  cause: "kubeadm-join",
  reasons: [reported("kubeadm join: exit code 1")],
  lastOutput: ["error: 토큰 만료 \u0000 \u{1F6A2}"],
  next: "resume",
};

export function operationStoreContract(open: OpenStores): void {
  describe("operation store", () => {
    let stores: StoreSet;
    let home: Awaited<ReturnType<typeof addHome>>;
    const kinds = (id: string) => entryKinds(stores, id);

    beforeEach(async () => {
      stores = await open();
      home = await addHome(stores);
    });
    afterEach(() => stores.close());

    describe("submit", () => {
      test("queues the operation and journals that, with the asker's name", async () => {
        const wanted = newOperation(home);
        const { operation, created } = await stores.operations.submit(wanted);
        expect(created).toBe(true);
        expect(operation).toMatchObject({ id: wanted.id, state: "queued", attempt: 0, startedAt: null, endedAt: null, failure: null });
        expect(await stores.operations.get(wanted.id)).toEqual(operation);
        const entries = await stores.journal.read(wanted.id, 0, 10);
        expect(entries).toEqual([
          { operationId: wanted.id, seq: 1, at: noon, event: { kind: "state", to: "queued", reasons: [], by: "mina" } },
        ]);
      });

      test("refuses a second one while the first of the cluster is not finished, and names the first", async () => {
        const { operation } = await stores.operations.submit(newOperation(home));
        for (const kind of ["preview", "update"] as const) {
          const second = stores.operations.submit(newOperation(home, { kind }));
          await expect(second).rejects.toBeInstanceOf(ClusterBusy);
          await expect(second).rejects.toMatchObject({ operationId: operation.id });
        }
        const claim = await claimNext(stores);
        await expect(stores.operations.submit(newOperation(home))).rejects.toBeInstanceOf(ClusterBusy);
        await stores.operations.finish(claim, "interrupted", [reported("worker stopped")], null, noon);
        await expect(stores.operations.submit(newOperation(home))).rejects.toBeInstanceOf(ClusterBusy);
        await stores.operations.requestCancel(operation.id, "mina", noon);
        expect((await stores.operations.submit(newOperation(home))).created).toBe(true);
      });

      test("executes a plan once: another submit of it gives the operation that did, also when it is over", async () => {
        const planId = randomUUID();
        const first = await stores.operations.submit(newOperation(home, { kind: "update", planId, idempotencyKey: "k1" }));
        await stores.operations.finish(await claimNext(stores), "succeeded", [], null, noon);
        const again = await stores.operations.submit(newOperation(home, { kind: "update", planId, idempotencyKey: "k2" }));
        expect([again.operation.id, again.operation.state, again.created]).toEqual([first.operation.id, "succeeded", false]);
        expect(await stores.operations.count({ clusterId: home.cluster.id })).toBe(1);
        expect((await stores.operations.submit(newOperation(home, { kind: "update", planId: randomUUID() }))).created).toBe(true);
      });

      test("gives the same operation for the same key and body, also when it is over", async () => {
        const first = await stores.operations.submit(newOperation(home, { idempotencyKey: "k1" }));
        const again = await stores.operations.submit(newOperation(home, { idempotencyKey: "k1", requestedAt: noon + 5 }));
        expect(again).toEqual({ operation: first.operation, created: false });
        await stores.operations.requestCancel(first.operation.id, "mina", noon);
        expect(await stores.operations.byKey(home.personId, "k1")).toMatchObject({ id: first.operation.id, state: "cancelled" });
        expect([await stores.operations.byKey(home.personId, "k2"), await stores.operations.byKey("somebody", "k1")]).toEqual([null, null]);
        const later = await stores.operations.submit(newOperation(home, { idempotencyKey: "k1" }));
        expect(later).toMatchObject({ created: false, operation: { id: first.operation.id, state: "cancelled" } });
      });

      test("refuses a key that was used with another body; another person may use the same key", async () => {
        await stores.operations.submit(newOperation(home, { idempotencyKey: "k1" }));
        await expect(stores.operations.submit(newOperation(home, { idempotencyKey: "k1", kind: "destroy" }))).rejects.toBeInstanceOf(
          KeyReused,
        );
        const other = await addHome(stores, "jun");
        expect((await stores.operations.submit(newOperation(other, { idempotencyKey: "k1" }))).created).toBe(true);
      });

      test("50 at once with one key make one operation with one entry", async () => {
        const all = await Promise.all(
          Array.from({ length: 50 }, () => stores.operations.submit(newOperation(home, { idempotencyKey: "k1" }))),
        );
        expect(all.filter((s) => s.created)).toHaveLength(1);
        expect(new Set(all.map((s) => s.operation.id)).size).toBe(1);
        expect(await stores.operations.list({ clusterId: home.cluster.id, limit: 100 })).toHaveLength(1);
        expect(await stores.journal.head(all[0]?.operation.id ?? "")).toBe(1);
      });

      test("one key at once for two clusters: one operation, and a refusal for the other cluster", async () => {
        const other = await addCluster(stores, home.tenantId, "other");
        const requests = Array.from({ length: 20 }, (_, i) =>
          newOperation(i % 2 ? home : { ...home, cluster: other }, { idempotencyKey: "k1" }),
        );
        const all = await Promise.allSettled(requests.map((w) => stores.operations.submit(w)));
        const made = await stores.operations.list({ tenantId: home.tenantId, limit: 10 });
        expect(made).toHaveLength(1);
        for (const [i, r] of all.entries()) {
          if (requests[i]?.clusterId === made[0]?.clusterId)
            expect(r).toMatchObject({ status: "fulfilled", value: { operation: { id: made[0]?.id } } });
          else expect(r).toMatchObject({ status: "rejected", reason: { name: "KeyReused" } });
        }
      });

      test("20 at once without a key: one wins, the others hear which one is in the way", async () => {
        const all = await Promise.allSettled(Array.from({ length: 20 }, () => stores.operations.submit(newOperation(home))));
        const won = all.flatMap((r) => (r.status === "fulfilled" ? [r.value.operation.id] : []));
        const refused = all.flatMap((r) => (r.status === "rejected" ? [r.reason] : []));
        expect(won).toHaveLength(1);
        for (const reason of refused) expect(reason).toMatchObject({ name: "ClusterBusy", operationId: won[0] });
      });
    });

    describe("claim", () => {
      const queueOn = async (count: number) => {
        for (let i = 0; i < count; i++) {
          const cluster = await addCluster(stores, home.tenantId, `c${i}`);
          await stores.operations.submit(
            newOperation({ ...home, cluster }, { id: `op-${String(i).padStart(3, "0")}`, requestedAt: noon + Math.floor(i / 2) }),
          );
        }
      };

      test("takes the oldest first, ties by id, and journals it", async () => {
        await queueOn(4);
        const order = [];
        for (let i = 0; i < 4; i++) order.push((await claimNext(stores, noon + 100)).operationId);
        expect(order).toEqual(["op-000", "op-001", "op-002", "op-003"]);
        expect(await stores.operations.claim({ workerId: "w", now: () => noon, leaseMs, maxRunning: 99 })).toBeNull();
        expect(await stores.operations.get("op-000")).toMatchObject({ state: "running", startedAt: noon + 100, attempt: 1 });
        expect(await kinds("op-000")).toEqual(["queued", "running"]);
      });

      test("many workers at once: each operation is taken exactly once", async () => {
        await queueOn(12);
        const worker = async (workerId: string) => {
          const mine: string[] = [];
          for (;;) {
            const got = await stores.operations.claim({ workerId, now: () => noon, leaseMs, maxRunning: 1_000 });
            if (!got) return mine;
            mine.push(got.claim.operationId);
          }
        };
        const taken = (await Promise.all(Array.from({ length: 8 }, (_, i) => worker(`w${i}`)))).flat();
        expect(taken.toSorted()).toEqual(Array.from({ length: 12 }, (_, i) => `op-${String(i).padStart(3, "0")}`));
      });

      test("never more than maxRunning, however many ask", async () => {
        await queueOn(6);
        const q = { workerId: "w", now: () => noon, leaseMs, maxRunning: 2 };
        const taken = (await Promise.all(Array.from({ length: 8 }, () => stores.operations.claim(q)))).filter((c) => c !== null);
        expect(taken).toHaveLength(2);
        await stores.operations.finish(taken[0]?.claim ?? expect.fail("nothing taken"), "succeeded", [], null, noon);
        expect(await stores.operations.claim(q)).not.toBeNull();
        expect(await stores.operations.claim(q)).toBeNull();
      });

      test("each claim of a stack has a higher generation", async () => {
        const generations = [];
        for (let i = 0; i < 3; i++) {
          await stores.operations.submit(newOperation(home));
          const claim = await claimNext(stores);
          generations.push(claim.generation);
          await stores.operations.finish(claim, "succeeded", [], null, noon);
        }
        expect(generations).toEqual(generations.toSorted((a, b) => a - b));
        expect(new Set(generations).size).toBe(3);
      });
    });

    describe("the life of a claim", () => {
      test("heartbeat prolongs the lease", async () => {
        await stores.operations.submit(newOperation(home));
        const claim = await claimNext(stores);
        expect(await expired(stores, noon + leaseMs)).toEqual([]);
        expect(await stores.operations.heartbeat(claim, noon + 20_000, leaseMs)).toBe("held");
        expect(await expired(stores, noon + leaseMs + 1)).toEqual([]);
        expect(await expired(stores, noon + 20_001 + leaseMs)).toEqual([claim.operationId]);
      });

      test("finish ends it in each state, frees the cluster and keeps the failure", async () => {
        for (const to of ["succeeded", "failed", "cancelled"] as const) {
          const { operation } = await stores.operations.submit(newOperation(home));
          const claim = await claimNext(stores);
          const ended = await stores.operations.finish(claim, to, [reported(`why ${to}`)], to === "failed" ? failure : null, noon + 60_000);
          expect(ended).toMatchObject({ id: operation.id, state: to, endedAt: noon + 60_000, failure: to === "failed" ? failure : null });
          expect(await stores.operations.get(operation.id)).toEqual(ended);
          const last = (await stores.journal.read(operation.id, 0, 10)).at(-1);
          expect(last?.event).toEqual({ kind: "state", to, reasons: [reported(`why ${to}`)], by: null });
        }
      });

      test("after finish the claim is worth nothing", async () => {
        await stores.operations.submit(newOperation(home));
        const claim = await claimNext(stores);
        await stores.operations.finish(claim, "succeeded", [], null, noon);
        expect(await stores.operations.heartbeat(claim, noon, leaseMs)).toBe("lost");
        await expect(stores.operations.finish(claim, "failed", [], failure, noon)).rejects.toBeInstanceOf(LeaseLost);
        await expect(stores.journal.append(claim, [{ kind: "truncated", lines: 1 }], noon)).rejects.toBeInstanceOf(LeaseLost);
        expect(await kinds(claim.operationId)).toEqual(["queued", "running", "succeeded"]);
      });

      test("an operation whose holder is gone is interrupted once; the old holder can write no more, also after a new claim", async () => {
        const { operation } = await stores.operations.submit(newOperation(home));
        const old = await claimNext(stores);
        const late = noon + leaseMs + 1;
        const both = await Promise.all([interrupt(stores, operation.id, late), interrupt(stores, operation.id, late)]);
        expect(both.filter((o) => o !== null)).toHaveLength(1);
        expect(await stores.operations.get(operation.id)).toMatchObject({ state: "interrupted", endedAt: null, attempt: 1 });

        const stale = async () => {
          expect(await stores.operations.heartbeat(old, late, leaseMs)).toBe("lost");
          await expect(stores.journal.append(old, [{ kind: "truncated", lines: 1 }], late)).rejects.toBeInstanceOf(LeaseLost);
          await expect(stores.operations.finish(old, "succeeded", [], null, late)).rejects.toBeInstanceOf(LeaseLost);
        };
        await stale();
        await stores.operations.resume(operation.id, "mina", late);
        await stale();
        const fresh = await claimNext(stores, late, "worker-2");
        expect(fresh.generation).toBeGreaterThan(old.generation);
        await stale();
        await stores.journal.append(fresh, [{ kind: "truncated", lines: 1 }], late);
        expect(await stores.operations.get(operation.id)).toMatchObject({ state: "running", attempt: 2, startedAt: late });
        expect(await kinds(operation.id)).toEqual(["queued", "running", "interrupted", "queued", "running", "truncated"]);
      });
    });

    describe("resume", () => {
      test("a failed one is queued again, clean, and keeps its journal", async () => {
        await stores.operations.submit(newOperation(home));
        const claim = await claimNext(stores);
        await stores.operations.finish(claim, "failed", [reported("exit 1")], failure, noon + 5);
        const resumed = await stores.operations.resume(claim.operationId, "jun", noon + 9);
        expect(resumed).toMatchObject({
          state: "queued",
          failure: null,
          startedAt: null,
          endedAt: null,
          cancelRequestedAt: null,
          attempt: 1,
        });
        expect((await stores.journal.read(claim.operationId, 3, 10)).map((e) => e.event)).toEqual([
          { kind: "state", to: "queued", reasons: [], by: "jun" },
        ]);
      });

      test("only from the states that are named", async () => {
        const { operation } = await stores.operations.submit(newOperation(home));
        await stores.operations.requestCancel(operation.id, "mina", noon);
        expect(await stores.operations.resume(operation.id, "Berth", noon, ["interrupted"])).toBeNull();
        expect(await stores.operations.resume(operation.id, "mina", noon, ["interrupted", "cancelled"])).toMatchObject({ state: "queued" });
      });

      test("many at once: it is queued once", async () => {
        await stores.operations.submit(newOperation(home));
        const claim = await claimNext(stores);
        await stores.operations.finish(claim, "failed", [], failure, noon);
        const all = await Promise.all(Array.from({ length: 8 }, () => stores.operations.resume(claim.operationId, "mina", noon)));
        expect(all.filter((o) => o !== null)).toHaveLength(1);
        expect(await kinds(claim.operationId)).toEqual(["queued", "running", "failed", "queued"]);
      });

      test("not a preview, not a success, not an unknown one, not one that is running", async () => {
        const preview = await stores.operations.submit(newOperation(home, { kind: "preview" }));
        await stores.operations.finish(await claimNext(stores), "failed", [], failure, noon);
        expect(await stores.operations.resume(preview.operation.id, "mina", noon)).toBeNull();
        const update = await stores.operations.submit(newOperation(home));
        expect(await stores.operations.resume(update.operation.id, "mina", noon)).toBeNull();
        await stores.operations.finish(await claimNext(stores), "succeeded", [], null, noon);
        expect(await stores.operations.resume(update.operation.id, "mina", noon)).toBeNull();
        expect(await stores.operations.resume(randomUUID(), "mina", noon)).toBeNull();
      });

      test("not while another operation of the cluster is unfinished, also when both start at once", async () => {
        await stores.operations.submit(newOperation(home));
        const claim = await claimNext(stores);
        await stores.operations.finish(claim, "failed", [], failure, noon);
        const race = await Promise.allSettled([
          stores.operations.resume(claim.operationId, "mina", noon),
          stores.operations.submit(newOperation(home)),
          stores.operations.resume(claim.operationId, "mina", noon),
        ]);
        const refusals = race.flatMap((r) => (r.status === "rejected" ? [r.reason] : []));
        for (const reason of refusals) expect(reason).toBeInstanceOf(ClusterBusy);
        const unfinished = await stores.operations.list({
          clusterId: home.cluster.id,
          states: ["queued", "running", "interrupted"],
          limit: 10,
        });
        expect(unfinished).toHaveLength(1);
        if (unfinished[0]?.id !== claim.operationId) {
          await expect(stores.operations.resume(claim.operationId, "mina", noon)).rejects.toMatchObject({ operationId: unfinished[0]?.id });
        }
      });
    });

    describe("looking", () => {
      test("lists newest first, by tenant, cluster and state, page by page", async () => {
        const other = await addHome(stores, "jun");
        const ids: string[] = [];
        for (let i = 0; i < 5; i++) {
          const { operation } = await stores.operations.submit(
            newOperation(home, { id: `op-${i}`, requestedAt: noon + Math.floor(i / 2) }),
          );
          await stores.operations.requestCancel(operation.id, "mina", noon);
          ids.unshift(operation.id);
        }
        const foreign = await stores.operations.submit(newOperation(other, { requestedAt: noon + 50 }));
        const idsOf = async (filter: Parameters<typeof stores.operations.list>[0]) =>
          (await stores.operations.list(filter)).map((o) => o.id);
        expect(await idsOf({ limit: 10 })).toEqual([foreign.operation.id, ...ids]);
        expect(await idsOf({ tenantId: home.tenantId, limit: 10 })).toEqual(ids);
        expect(await idsOf({ clusterId: other.cluster.id, limit: 10 })).toEqual([foreign.operation.id]);
        expect(await idsOf({ states: ["queued"], limit: 10 })).toEqual([foreign.operation.id]);
        expect(await idsOf({ states: [], limit: 10 })).toEqual([]);
        expect(await idsOf({ kinds: ["update"], tenantId: home.tenantId, limit: 10 })).toEqual(ids);
        expect(await idsOf({ kinds: ["preview", "destroy"], limit: 10 })).toEqual([]);
        const pages = [];
        for (let before: string | undefined; ; ) {
          const page = await idsOf({ tenantId: home.tenantId, limit: 2, ...(before ? { before } : {}) });
          if (page.length === 0) break;
          pages.push(page);
          before = page.at(-1);
        }
        expect(pages.flat()).toEqual(ids);
        expect(await idsOf({ before: randomUUID(), limit: 2 })).toEqual([]);
        expect(await stores.operations.get(randomUUID())).toBeNull();
      });

      test("durations: newest first, same kind and machine count, successful in one go, at most 10", async () => {
        const small = await addCluster(stores, home.tenantId, "small", 0);
        const run = async (cluster: typeof small, startedAt: number, seconds: number, end: "succeeded" | "failed" = "succeeded") => {
          await stores.operations.submit(newOperation({ ...home, cluster }, { requestedAt: startedAt }));
          const claim = await claimNext(stores, startedAt);
          await stores.operations.finish(claim, end, [], end === "failed" ? failure : null, startedAt + seconds * 1_000);
          return claim.operationId;
        };
        for (let i = 1; i <= 12; i++) await run(small, noon + i * 1_000_000, i + 0.5);
        await run(home.cluster, noon + 20_000_000, 99);
        const resumed = await run(small, noon + 30_000_000, 77, "failed");
        await stores.operations.resume(resumed, "mina", noon + 31_000_000);
        await stores.operations.finish(await claimNext(stores, noon + 31_000_000), "succeeded", [], null, noon + 31_001_000);
        expect(await stores.operations.durations({ kind: "update", machines: 1 })).toEqual([
          12.5, 11.5, 10.5, 9.5, 8.5, 7.5, 6.5, 5.5, 4.5, 3.5,
        ]);
        // A change of a living cluster says nothing about how long it takes to make one.
        expect(await stores.operations.durations({ kind: "update", machines: 1, first: true })).toEqual([1.5]);
        expect((await stores.operations.durations({ kind: "update", machines: 1, first: false })).at(-1)).toBe(3.5);
        expect(await stores.operations.durations({ kind: "update", machines: 2 })).toEqual([99]);
        expect(await stores.operations.durations({ kind: "destroy", machines: 1 })).toEqual([]);
      });

      test("a person with two tenants' clusters has independent queues", async () => {
        const jun = await addPerson(stores, "jun");
        const cluster = await addCluster(stores, jun.tenantId, "demo");
        await stores.operations.submit(newOperation(home));
        expect((await stores.operations.submit(newOperation({ ...jun, cluster }))).created).toBe(true);
      });
    });
  });
}
