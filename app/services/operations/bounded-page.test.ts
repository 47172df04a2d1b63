import { expect, test } from "vitest";
import type { JournalEntry } from "#app/domain/operation/event.ts";
import { boundedPage } from "./bounded-page.ts";

/** A journal of so many entries with so many characters of output each. */
const journalOf = (count: number, characters: number) => {
  const asked: number[] = [];
  const entries = Array.from(
    { length: count },
    (_, i): JournalEntry => ({
      operationId: "o",
      seq: i + 1,
      at: 0,
      event: { kind: "output", step: null, machine: null, stream: "stdout", lines: ["x".repeat(characters)] } as never,
    }),
  );
  const read = async (_id: string, after: number, limit: number) => {
    asked.push(limit);
    return entries.filter((e) => e.seq > after).slice(0, limit);
  };
  return { read, asked };
};
const seqs = async (journal: ReturnType<typeof journalOf>, after: number, limit: number) =>
  (await boundedPage(journal, "o", after, limit)).map((e) => e.seq);

test("a page of small entries is as long as was asked for", async () => {
  expect(await seqs(journalOf(500, 10), 0, 250)).toEqual(Array.from({ length: 250 }, (_, i) => i + 1));
  expect(await seqs(journalOf(500, 10), 490, 250)).toHaveLength(10);
});

test.each([200_000, 500_000, 1_040_000])("entries of %i characters end the page before it exceeds a mebibyte", async (characters) => {
  const page = await boundedPage(journalOf(2_000, characters), "o", 0, 2_000);
  expect(JSON.stringify(page.map((e) => e.event)).length).toBeLessThanOrEqual(1024 * 1024 + 100);
  expect(page.length).toBeGreaterThan(0);
});

test("one entry that is larger than a page is a page by itself, and the next page starts after it", async () => {
  const journal = journalOf(3, 2_000_000);
  expect(await seqs(journal, 0, 100)).toEqual([1]);
  expect(await seqs(journal, 1, 100)).toEqual([2]);
});

test("no more is read from the store at once than a step", async () => {
  const journal = journalOf(2_000, 10);
  await boundedPage(journal, "o", 0, 2_000);
  expect(Math.max(...journal.asked)).toBeLessThanOrEqual(100);
});
