/** Taking a running operation from a holder that is gone, in every operation store. */
import { message } from "#app/domain/message/message.ts";
import { reported } from "#app/domain/message/message.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LeaseLost } from "#app/ports/operation-store.ts";
import { addHome, claimNext, leaseMs, newOperation, noon, type OpenStores, type StoreSet } from "#tests/contract/fixtures.ts";

export function takeOverContract(open: OpenStores): void {
  describe("taking over", () => {
    let stores: StoreSet;
    let home: Awaited<ReturnType<typeof addHome>>;
    beforeEach(async () => {
      stores = await open();
      home = await addHome(stores);
    });
    afterEach(() => stores.close());

    const rescuer = { workerId: "rescuer", now: noon + 5, leaseMs };
    const only = async () => {
      const [held] = await stores.operations.held();
      return held ?? expect.fail("nothing is held");
    };
    const note = { kind: "notice", level: "note", machine: null, message: reported("x") } as const;

    test("shows who holds what, and nothing that does not run", async () => {
      await stores.operations.submit(newOperation(home));
      expect(await stores.operations.held()).toEqual([]);
      const claim = await claimNext(stores);
      expect(await only()).toMatchObject({
        operation: { id: claim.operationId, state: "running" },
        workerId: claim.workerId,
        generation: claim.generation,
        leaseUntil: noon + leaseMs,
      });
      await stores.operations.heartbeat(claim, noon + 7, leaseMs);
      expect((await only()).leaseUntil).toBe(noon + 7 + leaseMs);
      await stores.operations.finish(claim, "failed", [], null, noon);
      expect(await stores.operations.held()).toEqual([]);
    });

    test("refuses everything that the old holder writes from then on, its lease not being over yet", async () => {
      await stores.operations.submit(newOperation(home));
      const old = await claimNext(stores);
      const taken = await stores.operations.takeOver(await only(), rescuer);
      expect(taken).toMatchObject({
        operation: { state: "running", attempt: 1 },
        claim: { workerId: "rescuer", operationId: old.operationId },
      });
      expect(await stores.operations.heartbeat(old, noon + 6, leaseMs)).toBe("lost");
      await expect(stores.journal.append(old, [note], noon)).rejects.toBeInstanceOf(LeaseLost);
      await expect(stores.operations.finish(old, "succeeded", [], null, noon)).rejects.toBeInstanceOf(LeaseLost);
    });

    test("lets the new holder write on, in order, and end it", async () => {
      await stores.operations.submit(newOperation(home));
      const old = await claimNext(stores);
      await stores.journal.append(old, [note], noon);
      const taken = await stores.operations.takeOver(await only(), rescuer);
      if (!taken) return expect.fail("it was not taken over");
      await stores.journal.append(taken.claim, [{ kind: "recovery", automatic: true, did: [message("settled")] }], noon + 6);
      expect(await stores.operations.finish(taken.claim, "interrupted", [reported("gone")], null, noon + 7)).toMatchObject({
        state: "interrupted",
      });
      expect((await stores.journal.read(old.operationId, 0, 10)).map((e) => [e.seq, e.event.kind])).toEqual([
        [1, "state"],
        [2, "state"],
        [3, "notice"],
        [4, "recovery"],
        [5, "state"],
      ]);
      const resumed = await stores.operations.resume(old.operationId, "Berth", noon + 8);
      expect(resumed?.state).toBe("queued");
    });

    test("still shows a request to cancel that the old holder did not live to see", async () => {
      await stores.operations.submit(newOperation(home));
      const old = await claimNext(stores);
      await stores.operations.requestCancel(old.operationId, "mina", noon + 1);
      const taken = await stores.operations.takeOver(await only(), rescuer);
      expect(taken?.operation.cancelRequestedAt).toBe(noon + 1);
    });

    test("many at once: one gets it", async () => {
      await stores.operations.submit(newOperation(home));
      await claimNext(stores);
      const held = await only();
      const all = await Promise.all(
        Array.from({ length: 8 }, (_, i) => stores.operations.takeOver(held, { ...rescuer, workerId: `r${i}` })),
      );
      const won = all.filter((t) => t !== null);
      expect(won).toHaveLength(1);
      expect((await only()).workerId).toBe(won[0]?.claim.workerId);
    });

    test("not from a holder that ended it, or from whom it was taken before", async () => {
      await stores.operations.submit(newOperation(home));
      const claim = await claimNext(stores);
      const held = await only();
      await stores.operations.finish(claim, "interrupted", [], null, noon);
      expect(await stores.operations.takeOver(held, rescuer)).toBeNull();
      await stores.operations.resume(claim.operationId, "mina", noon);
      await claimNext(stores);
      expect(await stores.operations.takeOver(held, rescuer)).toBeNull();
    });

    test("of an interrupted preview: it is queued again", async () => {
      const preview = await stores.operations.submit(newOperation(home, { kind: "preview" }));
      const claim = await claimNext(stores);
      await stores.operations.finish(claim, "interrupted", [], null, noon);
      expect(await stores.operations.resume(preview.operation.id, "Berth", noon)).toMatchObject({ state: "queued" });
    });
  });
}
