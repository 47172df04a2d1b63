/** A journal reads the same before and after it was packed. */
import { reported } from "#app/domain/message/message.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Claim } from "#app/ports/operation-store.ts";
import { addHome, claimNext, newOperation, noon, type OpenStores, type StoreSet } from "#tests/contract/fixtures.ts";
import { line } from "./journal.contract.ts";

export function compactionContract(open: OpenStores): void {
  describe("compaction of the journal", () => {
    let stores: StoreSet;
    let claim: Claim;

    beforeEach(async () => {
      stores = await open();
      await stores.operations.submit(newOperation(await addHome(stores)));
      claim = await claimNext(stores);
    });
    afterEach(() => stores.close());

    const readAll = () => stores.journal.read(claim.operationId, 0, 1_000_000);
    const compact = (overBefore = noon + 1) => stores.journal.compact({ overBefore, operations: 100 });
    const odd = ["", "한국어 \u{1F6A2}", "nul \u0000 byte", "lone \ud800 half", "two\nlines", "sep \u2028", '"quoted" \\ back'];

    test("every page of every size is what it was", async () => {
      await stores.journal.append(claim, odd.map(line), noon + 7);
      await stores.journal.append(
        claim,
        Array.from({ length: 2_400 }, (_, i) => line(`${i} ${"x".repeat(i % 50)}`)),
        noon + 8,
      );
      await stores.journal.append(claim, [line("y".repeat(3_000_000)), line("z".repeat(900_000)), line("end")], noon + 9);
      await stores.operations.finish(
        claim,
        "failed",
        [reported("no")],
        { step: null, machine: null, phase: null, cause: "unknown", reasons: [reported("no")], lastOutput: odd, next: "resume" },
        noon,
      );
      const before = await readAll();
      await compact();
      expect(await readAll()).toEqual(before);
      expect(await stores.journal.head(claim.operationId)).toBe(before.length);
      for (const [after, limit] of [
        [0, 1],
        [0, 999],
        [1, 1000],
        [999, 3],
        [1_000, 1],
        [1_001, 2_000],
        [2_409, 2],
        [2_410, 1],
        [2_411, 50],
        [before.length, 5],
      ] as const) {
        expect(await stores.journal.read(claim.operationId, after, limit)).toEqual(before.slice(after, after + limit));
      }
      expect(before).toHaveLength(3 + odd.length + 2_403);
    });

    test("leaves alone what is not over, what is over only now, and what was packed before", async () => {
      await stores.journal.append(claim, odd.map(line), noon);
      expect(await compact()).toEqual({ operations: 0, entries: 0, bytesBefore: 0, bytesAfter: 0 });
      await stores.operations.finish(claim, "succeeded", [], null, noon);
      expect(await compact(noon)).toMatchObject({ operations: 0, entries: 0 });
      await compact();
      expect(await compact()).toMatchObject({ operations: 0, entries: 0 });
    });

    test("an operation that continues afterwards continues in the same sequence, and is packed again", async () => {
      await stores.journal.append(claim, odd.map(line), noon);
      await stores.operations.finish(claim, "failed", [], null, noon);
      await compact();
      await stores.operations.resume(claim.operationId, "mina", noon);
      const again = await claimNext(stores);
      await stores.journal.append(again, [line("second")], noon);
      await stores.operations.finish(again, "succeeded", [], null, noon);
      const before = await readAll();
      expect(before.map((e) => e.seq)).toEqual(Array.from({ length: 7 + odd.length }, (_, i) => i + 1));
      expect(await stores.journal.read(claim.operationId, 4, 9)).toEqual(before.slice(4, 13));
      await compact();
      expect(await readAll()).toEqual(before);
    });

    test("several at once pack everything once, and readers meanwhile see every entry once", async () => {
      await stores.journal.append(
        claim,
        Array.from({ length: 5_000 }, (_, i) => line(`${i}`)),
        noon,
      );
      await stores.operations.finish(claim, "succeeded", [], null, noon);
      const before = await readAll();
      let packing = true;
      const reader = async () => {
        while (packing)
          expect((await stores.journal.read(claim.operationId, 700, 1_500)).map((e) => e.seq)).toEqual(
            before.slice(700, 2_200).map((e) => e.seq),
          );
      };
      const readers = [reader(), reader()];
      await Promise.all([compact(), compact(), compact()]);
      packing = false;
      await Promise.all(readers);
      expect(await readAll()).toEqual(before);
    });
  });
}
