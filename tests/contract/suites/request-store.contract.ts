/** What every store of requests with idempotency keys must do. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Begun, mostRequests, type NewRequest, type RequestAttempt } from "#app/ports/request-store.ts";
import { noon, type OpenStores, type StoreSet } from "#tests/contract/fixtures.ts";

export function requestStoreContract(open: OpenStores): void {
  describe("request store", () => {
    let stores: StoreSet;
    beforeEach(async () => {
      stores = await open();
    });
    afterEach(() => stores.close());

    let count = 0;
    const asked = (more: Partial<NewRequest> = {}): NewRequest => {
      count += 1;
      return {
        personId: "p1",
        key: "k",
        digest: "d",
        requestId: `r${count}`,
        holder: `h${count}`,
        now: noon,
        leaseMs: 1_000,
        expiresAt: noon + 86_400_000,
        ...more,
      };
    };
    const begin = (more: Partial<NewRequest> = {}) => stores.requests.begin(asked(more));
    const started = async (more: Partial<NewRequest> = {}): Promise<RequestAttempt> => {
      const request = asked(more);
      const begun = await stores.requests.begin(request);
      if (begun.outcome !== "started") return expect.fail(begun.outcome);
      return { personId: request.personId, key: request.key, requestId: begun.requestId, holder: request.holder };
    };
    const answerIn = (begun: Begun) => (begun.outcome === "answered" ? begun.answer : begun.outcome);

    test("gives the first answer again, to the same request of the same person", async () => {
      const attempt = await started();
      await stores.requests.answer(attempt, { text: '{"a":"한"}' });
      await stores.requests.answer(attempt, { text: "another" });
      expect(await begin()).toEqual({ outcome: "answered", requestId: attempt.requestId, answer: { kind: "open", text: '{"a":"한"}' } });
      expect((await begin({ digest: "other" })).outcome).toBe("reused");
      expect((await begin({ personId: "p2" })).outcome).toBe("started");
      expect((await begin({ key: "K" })).outcome).toBe("started");
    });

    test("of many at once one carries it out", async () => {
      const all = await Promise.all(Array.from({ length: 12 }, (_, i) => begin(i === 11 ? { digest: "other" } : {})));
      expect(all.filter((b) => b.outcome === "started")).toHaveLength(1);
      expect(all.slice(0, 11).every((b) => b.outcome === "started" || b.outcome === "running" || b.outcome === "reused")).toBe(true);
    });

    test("continues under the same id where an attempt ended in the middle, and not before its lease is over", async () => {
      const first = await started();
      expect((await begin({ now: noon + 999 })).outcome).toBe("running");
      await stores.requests.renew(first, noon + 5_000);
      expect((await begin({ now: noon + 4_001 })).outcome).toBe("running");
      expect(await begin({ now: noon + 5_000, digest: "other" })).toEqual({ outcome: "reused" });
      expect(await begin({ now: noon + 5_000, holder: "second" })).toEqual({
        outcome: "started",
        requestId: first.requestId,
        resumed: true,
      });
      // The first one wakes up again: it holds nothing, and its answer counts all the same.
      await stores.requests.renew(first, noon + 99_000);
      await stores.requests.refuse(first);
      await stores.requests.abandon(first);
      expect((await begin({ now: noon + 5_001 })).outcome).toBe("running");
      await stores.requests.answer(first, { text: "1" });
      expect(answerIn(await begin({ now: noon + 5_001 }))).toEqual({ kind: "open", text: "1" });
    });

    test("a clock that is set back holds nothing up", async () => {
      const first = await started({ now: noon + 3_600_000 });
      expect(await begin()).toMatchObject({ outcome: "started", requestId: first.requestId, resumed: true });
    });

    test("an abandoned attempt is continued at once", async () => {
      const first = await started();
      await stores.requests.abandon(first);
      expect(await begin()).toMatchObject({ outcome: "started", requestId: first.requestId, resumed: true });
    });

    test("after a refusal the key is free for another request, and the same one begins again under a new id without the earlier secret", async () => {
      const first = await started();
      const secret = (sealed: string) => ({ tenantId: "t1", sealed, until: noon + 100 });
      await stores.requests.keepSecret(first, secret("one"));
      await stores.requests.refuse(first);
      const again = asked();
      expect(await stores.requests.begin(again)).toEqual({ outcome: "started", requestId: again.requestId, resumed: false });
      expect(await stores.requests.keepSecret(again, secret("two"))).toEqual(secret("two"));
      await stores.requests.refuse(again);
      const other = await started({ digest: "other" });
      expect(other.requestId).not.toBe(again.requestId);
      expect((await begin()).outcome).toBe("reused");
    });

    test("keeps the first secret of a request, and gives a sealed answer until its time is over", async () => {
      const attempt = await started();
      const secret = (sealed: string) => ({ tenantId: "t1", sealed, until: noon + 100 });
      expect(await stores.requests.keepSecret(attempt, secret("one"))).toEqual(secret("one"));
      expect(await stores.requests.keepSecret(attempt, secret("two"))).toEqual(secret("one"));
      await stores.requests.answer(attempt, secret("answer"));
      expect(answerIn(await begin({ now: noon + 99 }))).toEqual({ kind: "sealed", tenantId: "t1", sealed: "answer" });
      expect(answerIn(await begin({ now: noon + 100 }))).toEqual({ kind: "expired" });
      await stores.requests.expire(noon + 101);
      expect(answerIn(await begin({ now: noon + 99 }))).toEqual({ kind: "expired" });
      expect((await begin({ digest: "other" })).outcome).toBe("reused");
    });

    test("forgets a request when its time is over", async () => {
      const attempt = await started({ expiresAt: noon + 10 });
      await stores.requests.answer(attempt, { text: "1" });
      expect((await begin({ now: noon + 10, digest: "other" })).outcome).toBe("started");
      await stores.requests.expire(noon + 86_400_000);
      expect((await begin()).outcome).toBe("started");
    });

    test("keeps only so many of a person's, the newest, and none of anybody else's is dropped", async () => {
      const mine = await started({ personId: "p2", now: noon - 1_000 });
      await stores.requests.answer(mine, { text: "1" });
      for (let i = 0; i <= mostRequests; i++) await stores.requests.answer(await started({ key: `k${i}`, now: noon + i }), { text: "1" });
      await started({ key: "last", now: noon + mostRequests + 1 });
      expect((await begin({ key: "k0", now: noon + mostRequests + 2 })).outcome).toBe("started");
      expect((await begin({ key: `k${mostRequests}` })).outcome).toBe("answered");
      expect((await begin({ personId: "p2" })).outcome).toBe("answered");
    });
  });
}
