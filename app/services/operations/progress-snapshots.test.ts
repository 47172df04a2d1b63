import { expect, test } from "vitest";
import type { JournalEntry, OperationEvent } from "#app/domain/operation/event.ts";
import { replay } from "#app/domain/operation/progress.ts";
import { forPage, linesPerOutput, progressSnapshots } from "./progress-snapshots.ts";

const entry = (seq: number, event: OperationEvent): JournalEntry => ({ operationId: "op", seq, at: seq * 1000, event });

const line = (seq: number): JournalEntry =>
  entry(seq, { kind: "output", machine: seq % 2 === 0 ? "cp0" : "w1", step: null, source: "console", lines: [`line ${seq}`] });

/** A journal that counts what is read of it. */
function journalOf(entries: JournalEntry[]) {
  const read: number[] = [];
  return {
    read: async (_id: string, after: number, limit: number) => {
      const page = entries.filter(({ seq }) => seq > after).slice(0, limit);
      read.push(page.length);
      return page;
    },
    reads: read,
  };
}

const entries = [
  entry(1, { kind: "state", to: "running", reasons: [], by: null }),
  ...Array.from({ length: 6_000 }, (_, i) => line(i + 2)),
];

test("a page of a long run starts at the end of the journal, with the newest lines and their times", async () => {
  const journal = journalOf(entries);
  const progress = await progressSnapshots(journal)("op");
  expect(progress).toEqual(replay(entries));
  const page = forPage(progress);
  expect(page.cursor).toBe(6_001);
  const console = page.outputs.find(({ machine }) => machine === "cp0");
  expect(console?.lines).toHaveLength(linesPerOutput);
  expect(console?.lines.at(-1)).toBe("line 6000");
  expect(console?.times.at(-1)).toBe(6_000_000);
  expect(console?.dropped).toBe(3_000 - linesPerOutput);
  expect(JSON.stringify(page).length).toBeLessThan(20_000);
});

test("the next page reads only what came since", async () => {
  const growing = entries.slice(0, 3_000);
  const journal = journalOf(growing);
  const snapshot = progressSnapshots(journal);
  await snapshot("op");
  journal.reads.length = 0;
  growing.push(line(3_001));
  expect((await snapshot("op")).cursor).toBe(3_001);
  expect(journal.reads).toEqual([1]);
});

test("a journal that could not be read is read again by the next page", async () => {
  let broken = true;
  const journal = journalOf(entries.slice(0, 10));
  const snapshot = progressSnapshots({
    read: (...wanted) => (broken ? Promise.reject(new Error("reading the journal")) : journal.read(...wanted)),
  });
  await expect(snapshot("op")).rejects.toThrow("reading the journal");
  broken = false;
  expect((await snapshot("op")).cursor).toBe(10);
});
