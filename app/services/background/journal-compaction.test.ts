import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { memoryStores } from "#app/adapters/memory/stores.ts";
import { startCompaction } from "./journal-compaction.ts";

const hour = 3_600_000;

describe("packing", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const begin = (found: readonly (number | Error)[]) => {
    const asked: number[] = [];
    const told: string[] = [];
    const left = [...found];
    const compact = async (q: { readonly overBefore: number }) => {
      asked.push(q.overBefore);
      const next = left.shift() ?? 0;
      if (next instanceof Error) throw next;
      return { operations: next, entries: 0, bytesBefore: 0, bytesAfter: 0 };
    };
    const packing = startCompaction(
      { ...memoryStores().journal, compact },
      { afterHours: 2, everyMs: 1_000, now: () => 10 * hour, onTrouble: (doing) => told.push(doing) },
    );
    return { packing, asked, told };
  };

  it("packs what ended long enough ago, and continues at once while there is more", async () => {
    const { packing, asked } = begin([20, 20, 3]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked).toEqual([8 * hour, 8 * hour, 8 * hour]);
    await packing.stop();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked).toHaveLength(3);
  });

  it("tells of trouble and tries again later", async () => {
    const { packing, asked, told } = begin([new Error("full"), 1]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect([asked.length, told]).toEqual([2, ["packing journals"]]);
    await packing.stop();
  });
});
