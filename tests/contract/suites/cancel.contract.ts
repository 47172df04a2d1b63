/** What a person's cancel does to an operation and to its cluster, on every operation store. */
import { reported } from "#app/domain/message/message.ts";
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  addCluster,
  addHome,
  claimNext,
  entryKinds,
  interrupt,
  leaseMs,
  newOperation,
  noon,
  type OpenStores,
  type StoreSet,
} from "#tests/contract/fixtures.ts";

export function cancelContract(open: OpenStores): void {
  describe("cancel", () => {
    let stores: StoreSet;
    let home: Awaited<ReturnType<typeof addHome>>;
    const kinds = (id: string) => entryKinds(stores, id);

    beforeEach(async () => {
      stores = await open();
      home = await addHome(stores);
    });
    afterEach(() => stores.close());

    test("a queued one is cancelled at once", async () => {
      const { operation } = await stores.operations.submit(newOperation(home));
      const cancelled = await stores.operations.requestCancel(operation.id, "jun", noon + 1);
      expect(cancelled).toMatchObject({ state: "cancelled", cancelRequestedAt: noon + 1, endedAt: noon + 1 });
      expect(await kinds(operation.id)).toEqual(["queued", "cancel-requested", "cancelled"]);
      expect(await stores.operations.claim({ workerId: "w", now: () => noon, leaseMs, maxRunning: 9 })).toBeNull();
    });

    test("a running one continues, and its holder hears of the request at the next heartbeat", async () => {
      await stores.operations.submit(newOperation(home));
      const claim = await claimNext(stores);
      expect(await stores.operations.requestCancel(claim.operationId, "mina", noon + 1)).toMatchObject({
        state: "running",
        cancelRequestedAt: noon + 1,
      });
      expect(await stores.operations.heartbeat(claim, noon + 2, leaseMs)).toBe("cancel-requested");
      expect(await stores.operations.requestCancel(claim.operationId, "mina", noon + 3)).toBeNull();
      expect(await stores.operations.finish(claim, "cancelled", [], null, noon + 4)).toMatchObject({ state: "cancelled" });
      expect(await kinds(claim.operationId)).toEqual(["queued", "running", "cancel-requested", "cancelled"]);
    });

    test("an interrupted one is cancelled at once", async () => {
      await stores.operations.submit(newOperation(home));
      const claim = await claimNext(stores);
      await interrupt(stores, claim.operationId, noon + leaseMs + 1);
      expect(await stores.operations.requestCancel(claim.operationId, "mina", noon + leaseMs + 2)).toMatchObject({ state: "cancelled" });
    });

    test("what is interrupted after the request ends as cancelled, and does not say that it waits", async () => {
      await stores.operations.submit(newOperation(home));
      const claim = await claimNext(stores);
      await stores.operations.requestCancel(claim.operationId, "mina", noon + 1);
      const ended = await stores.operations.finish(claim, "interrupted", [reported("the engine died")], null, noon + 2);
      expect(ended).toMatchObject({ state: "cancelled", endedAt: noon + 2, cancelRequestedAt: noon + 1 });
      expect((await stores.journal.read(claim.operationId, 0, 9)).at(-1)?.event).toEqual({
        kind: "state",
        to: "cancelled",
        reasons: [],
        by: null,
      });
      expect(await stores.operations.heartbeat(claim, noon + 3, leaseMs)).toBe("lost");
    });

    test.each(["before it waits", "while it waits"])(
      "%s, of what had begun: its cluster is degraded with it, but a draft or one that is gone",
      async (when) => {
        const states = ["draft", "provisioning", "ready", "destroying", "degraded", "gone"] as const;
        const after: string[] = [];
        for (const [i, state] of states.entries()) {
          const cluster = await addCluster(stores, home.tenantId, `c${i}`);
          await stores.operations.submit(newOperation({ ...home, cluster }));
          const claim = await claimNext(stores);
          if (state !== "draft") await stores.clusters.setState(cluster.id, state, noon);
          if (when === "before it waits") await stores.operations.requestCancel(claim.operationId, "mina", noon);
          await stores.operations.finish(claim, "interrupted", [], null, noon);
          await stores.operations.requestCancel(claim.operationId, "mina", noon);
          expect((await stores.operations.get(claim.operationId))?.state).toBe("cancelled");
          after.push((await stores.clusters.get(cluster.id))?.state ?? "none");
        }
        expect(after).toEqual(["draft", "degraded", "degraded", "degraded", "degraded", "gone"]);
      },
    );

    test.each(["failed", "interrupted"] as const)(
      "of what was %s and queued again: only after an interruption nobody has said what its cluster is",
      async (before) => {
        await stores.operations.submit(newOperation(home));
        const claim = await claimNext(stores);
        await stores.operations.finish(claim, before, [], null, noon);
        await stores.clusters.setState(home.cluster.id, "ready", noon);
        await stores.operations.resume(claim.operationId, "mina", noon);
        await stores.operations.requestCancel(claim.operationId, "mina", noon);
        expect((await stores.clusters.get(home.cluster.id))?.state).toBe(before === "failed" ? "ready" : "degraded");
      },
    );

    test("of what never began, or of a preview: the cluster is left as it is", async () => {
      await stores.clusters.setState(home.cluster.id, "ready", noon);
      const waiting = await stores.operations.submit(newOperation(home));
      await stores.operations.requestCancel(waiting.operation.id, "mina", noon);
      await stores.operations.submit(newOperation(home, { kind: "preview" }));
      const claim = await claimNext(stores);
      await stores.operations.requestCancel(claim.operationId, "mina", noon);
      await stores.operations.finish(claim, "interrupted", [], null, noon);
      expect((await stores.clusters.get(home.cluster.id))?.state).toBe("ready");
    });

    test("many at once: the request is recorded once, and a claim at the same time goes one way or the other", async () => {
      for (let round = 0; round < 5; round++) {
        const { operation } = await stores.operations.submit(newOperation(home));
        const cancels = Promise.all(Array.from({ length: 6 }, () => stores.operations.requestCancel(operation.id, "mina", noon)));
        const claimed = await stores.operations.claim({ workerId: "w", now: () => noon, leaseMs, maxRunning: 9 });
        expect((await cancels).filter((o) => o !== null)).toHaveLength(1);
        const real = await stores.operations.get(operation.id);
        expect(real).toMatchObject({ state: claimed ? "running" : "cancelled", cancelRequestedAt: noon });
        expect((await kinds(operation.id)).toSorted()).toEqual(
          ["cancel-requested", "queued", claimed ? "running" : "cancelled"].toSorted(),
        );
        if (claimed) await stores.operations.finish(claimed.claim, "cancelled", [], null, noon);
      }
    });

    test("nothing happens to one that is over or unknown", async () => {
      await stores.operations.submit(newOperation(home));
      const claim = await claimNext(stores);
      await stores.operations.finish(claim, "succeeded", [], null, noon);
      expect(await stores.operations.requestCancel(claim.operationId, "mina", noon)).toBeNull();
      expect(await stores.operations.requestCancel(randomUUID(), "mina", noon)).toBeNull();
      expect(await stores.journal.head(claim.operationId)).toBe(3);
    });
  });
}
