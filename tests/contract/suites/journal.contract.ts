/** What every journal must do, whatever it is built on. */
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import { type Claim, LeaseLost } from "#app/ports/operation-store.ts";
import {
  addCluster,
  addHome,
  claimNext,
  interrupt,
  leaseMs,
  newOperation,
  noon,
  type OpenStores,
  type StoreSet,
} from "#tests/contract/fixtures.ts";

export const line = (text: string): OperationEvent => ({ kind: "output", source: "console", machine: "cp0", step: null, lines: [text] });

export function journalContract(open: OpenStores): void {
  describe("journal", () => {
    let stores: StoreSet;
    let claim: Claim;
    let home: Awaited<ReturnType<typeof addHome>>;

    beforeEach(async () => {
      stores = await open();
      home = await addHome(stores);
      await stores.operations.submit(newOperation(home));
      claim = await claimNext(stores);
    });
    afterEach(() => stores.close());

    const readAll = (id = claim.operationId) => stores.journal.read(id, 0, 100_000);

    test("keeps events in order with gap-free numbers, and gives them back as they were", async () => {
      const odd = ["", "한국어 \u{1F6A2}", "nul \u0000 byte", "lone \ud800 half", '"quoted" \\ back', "x".repeat(70_000)];
      const written = await stores.journal.append(claim, odd.map(line), noon + 7);
      expect(written.map((e) => e.seq)).toEqual([3, 4, 5, 6, 7, 8]);
      const read = await stores.journal.read(claim.operationId, 2, 100);
      expect(read).toEqual(written);
      expect(read.map((e) => e.event)).toEqual(odd.map(line));
      expect(read[0]).toMatchObject({ operationId: claim.operationId, at: noon + 7 });
    });

    test("reads after a cursor, oldest first, at most as many as asked for", async () => {
      await stores.journal.append(claim, ["a", "b", "c", "d"].map(line), noon);
      const seqs = async (after: number, limit: number) => (await stores.journal.read(claim.operationId, after, limit)).map((e) => e.seq);
      expect(await seqs(0, 3)).toEqual([1, 2, 3]);
      expect(await seqs(3, 2)).toEqual([4, 5]);
      expect(await seqs(6, 10)).toEqual([]);
      expect(await stores.journal.head(claim.operationId)).toBe(6);
      expect(await stores.journal.head(randomUUID())).toBe(0);
      expect(await stores.journal.read(randomUUID(), 0, 10)).toEqual([]);
    });

    test("nothing to append is no error and no entry", async () => {
      expect(await stores.journal.append(claim, [], noon)).toEqual([]);
      expect(await stores.journal.head(claim.operationId)).toBe(2);
    });

    test("300 appends at once: no number twice, none missing, each caller's own in order", async () => {
      const calls = Array.from({ length: 300 }, (_, i) => Array.from({ length: 1 + (i % 4) }, (_, j) => line(`${i}/${j}`)));
      const answers = await Promise.all(calls.map((events) => stores.journal.append(claim, events, noon)));
      for (const [i, entries] of answers.entries()) {
        const first = entries[0]?.seq ?? 0;
        expect(entries.map((e) => e.seq)).toEqual(calls[i]?.map((_, j) => first + j));
        expect(entries.map((e) => e.event)).toEqual(calls[i]);
      }
      const all = await readAll();
      expect(all.map((e) => e.seq)).toEqual(Array.from({ length: all.length }, (_, i) => i + 1));
      expect(all).toHaveLength(2 + calls.flat().length);
      const firsts = answers.map((entries) => entries[0]?.seq ?? 0);
      expect(firsts).toEqual(firsts.toSorted((a, b) => a - b));
    });

    test("one large append is whole", async () => {
      const events = Array.from({ length: 12_345 }, (_, i) => line(`line ${i}`));
      await stores.journal.append(claim, events, noon);
      expect(await stores.journal.head(claim.operationId)).toBe(12_347);
      expect((await stores.journal.read(claim.operationId, 12_346, 5)).map((e) => e.event)).toEqual([line("line 12344")]);
    });

    test("operations do not see each other's entries, and each counts for itself under parallel appends", async () => {
      const claims = [claim];
      for (let i = 0; i < 5; i++) {
        const cluster = await addCluster(stores, home.tenantId, `c${i}`);
        await stores.operations.submit(newOperation({ ...home, cluster }));
        claims.push(await claimNext(stores));
      }
      await Promise.all(
        claims.flatMap((c) => Array.from({ length: 20 }, (_, i) => stores.journal.append(c, [line(`${c.operationId} ${i}`)], noon))),
      );
      for (const c of claims) {
        const entries = await readAll(c.operationId);
        expect(entries.map((e) => e.seq)).toEqual(Array.from({ length: 22 }, (_, i) => i + 1));
        expect(entries.slice(2).map((e) => e.event)).toEqual(Array.from({ length: 20 }, (_, i) => line(`${c.operationId} ${i}`)));
      }
    });

    test("a stale claim among good ones is refused alone", async () => {
      const cluster = await addCluster(stores, home.tenantId, "other");
      await stores.operations.submit(newOperation({ ...home, cluster }));
      const good = await claimNext(stores);
      await stores.operations.finish(claim, "failed", [], null, noon);
      const answers = await Promise.allSettled([
        stores.journal.append(good, [line("1")], noon),
        stores.journal.append(claim, [line("stale")], noon),
        stores.journal.append({ ...good, generation: good.generation - 1 }, [line("older")], noon),
        stores.journal.append({ ...good, generation: good.generation + 1 }, [line("guessed")], noon),
        stores.journal.append({ ...good, operationId: claim.operationId }, [line("mixed")], noon),
        stores.journal.append(good, [line("2")], noon),
      ]);
      expect(answers.map((a) => (a.status === "fulfilled" ? "written" : a.reason instanceof LeaseLost ? "lease lost" : a.reason))).toEqual([
        "written",
        "lease lost",
        "lease lost",
        "lease lost",
        "lease lost",
        "written",
      ]);
      expect((await readAll(good.operationId)).slice(2).map((e) => e.event)).toEqual([line("1"), line("2")]);
      expect(await stores.journal.head(claim.operationId)).toBe(3);
    });

    test("an append that races with the end of its lease is either whole before the end or refused", async () => {
      const appends = Array.from({ length: 30 }, (_, i) => stores.journal.append(claim, [line(`${i}`), line(`${i}`)], noon));
      const end = interrupt(stores, claim.operationId, noon + leaseMs + 1);
      const answers = await Promise.allSettled(appends);
      await end;
      const entries = await readAll();
      expect(entries.map((e) => e.seq)).toEqual(entries.map((_, i) => i + 1));
      const written = answers.filter((a) => a.status === "fulfilled").length;
      expect(entries.filter((e) => e.event.kind === "output")).toHaveLength(written * 2);
      expect(entries.at(-1)?.event).toMatchObject({ kind: "state", to: "interrupted" });
    });

    test("listeners hear of appends and of transitions once they can be read, until they unsubscribe", async () => {
      const heard = nextHint(stores, claim.operationId);
      const written = stores.journal.append(claim, [line("hello")], noon);
      await heard;
      expect((await readAll()).at(-1)?.event).toEqual(line("hello"));
      await written;
      const finished = nextHint(stores, claim.operationId);
      await stores.operations.finish(claim, "succeeded", [], null, noon);
      await finished;

      const hints: string[] = [];
      const end = stores.journal.onAppend((id) => hints.push(id));
      end();
      const next = newOperation(home);
      const others = nextHint(stores, next.id);
      await stores.operations.submit(next);
      await others;
      expect(hints).toEqual([]);
    });

    test("a reader that subscribes first and then follows hints misses and repeats nothing", async () => {
      const seen: number[] = [];
      const followed = follow(stores, claim.operationId, (seq) => seen.push(seq));
      for (let i = 0; i < 40; i++) await stores.journal.append(claim, [line(`${i}`), line(`${i}`)], noon);
      await stores.operations.finish(claim, "succeeded", [], null, noon);
      await followed;
      expect(seen).toEqual(Array.from({ length: 83 }, (_, i) => i + 1));
    });
  });
}

export function nextHint(stores: Pick<StoreSet, "journal">, operationId: string): Promise<void> {
  return new Promise((resolve) => {
    const end = stores.journal.onAppend((id) => {
      if (id !== operationId) return;
      end();
      resolve();
    });
  });
}

/** Reads on from a cursor until the operation's end, waiting for a hint in between. */
export async function follow(stores: Pick<StoreSet, "journal">, operationId: string, onEntry: (seq: number) => void): Promise<void> {
  let cursor = 0;
  for (;;) {
    const hint = nextHint(stores, operationId);
    for (const entry of await stores.journal.read(operationId, cursor, 7)) {
      cursor = entry.seq;
      onEntry(entry.seq);
      if (entry.event.kind === "state" && entry.event.to === "succeeded") return;
    }
    if (cursor === (await stores.journal.head(operationId))) await hint;
  }
}
