/** What every operation store does with a request about drift: it belongs to the request, and stays with the operation. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DriftRequest } from "#app/domain/drift/drift-request.ts";
import { KeyReused } from "#app/ports/operation-store.ts";
import { addHome, claimNext, leaseMs, newOperation, noon, type OpenStores, type StoreSet } from "#tests/contract/fixtures.ts";

export function driftRequestContract(open: OpenStores): void {
  describe("requests about drift", () => {
    let stores: StoreSet;
    let home: Awaited<ReturnType<typeof addHome>>;
    const drift: DriftRequest = { wish: "repair", ids: ["machine-stopped:w1", "network-inactive:망"], all: false };
    const submit = (request: DriftRequest | null) =>
      stores.operations.submit(newOperation(home, { kind: "preview", idempotencyKey: "k1", drift: request }));

    beforeEach(async () => {
      stores = await open();
      home = await addHome(stores);
    });
    afterEach(() => stores.close());

    test("are the same in every attempt", async () => {
      const { operation } = await submit(drift);
      expect(operation.drift).toEqual(drift);
      await stores.operations.finish(await claimNext(stores), "interrupted", [], null, noon);
      await stores.operations.resume(operation.id, "mina", noon);
      const taken = await stores.operations.claim({ workerId: "w", now: () => noon, leaseMs, maxRunning: 9 });
      expect([taken?.operation.drift, (await stores.operations.get(operation.id))?.drift]).toEqual([drift, drift]);
    });

    test("make another request of the same key", async () => {
      const { operation } = await submit(drift);
      expect(await submit(drift)).toEqual({ operation, created: false });
      const others: readonly (DriftRequest | null)[] = [
        null,
        { ...drift, all: true },
        { ...drift, ids: drift.ids.slice(1) },
        { wish: "adopt", id: "machine-stopped:w1", found: "" },
      ];
      for (const other of others) await expect(submit(other)).rejects.toBeInstanceOf(KeyReused);
      expect((await stores.operations.get(operation.id))?.drift).toEqual(drift);
    });

    test("make no other request of the same key where only what was found differs", async () => {
      const first = await submit({ ...drift, all: true });
      expect(await submit({ wish: "repair", ids: [], all: true })).toEqual({ operation: first.operation, created: false });
    });

    test("are none of an operation that has none, and its key still refuses one", async () => {
      const { operation } = await submit(null);
      expect([operation.drift, (await submit(null)).created]).toEqual([null, false]);
      await expect(submit(drift)).rejects.toBeInstanceOf(KeyReused);
    });
  });
}
