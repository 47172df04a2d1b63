import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextInLine, queuePlaces, type QueueLimits, type Waiting } from "./queue.ts";

const limits: QueueLimits = { maxRunning: 4, maxPerTenant: 2, memoryLow: false };
const op = (tenantId: string, requestedAt: number): Waiting => ({ operationId: `${tenantId}${requestedAt}`, tenantId, requestedAt });
const running = (counts: Record<string, number>) => new Map(Object.entries(counts));
const order = (waiting: readonly Waiting[], counts: Record<string, number> = {}, more: Partial<QueueLimits> = {}) =>
  queuePlaces(waiting, running(counts), { ...limits, ...more }).map((p) => `${p.operationId} ${p.reason}`);

const anyTenant = fc.constantFrom("a", "b", "c");
const anyWaiting = fc.uniqueArray(fc.tuple(anyTenant, fc.nat(50)).map(([t, at]) => op(t, at)), { selector: (w) => w.operationId, maxLength: 20 });
const anyRunning = fc.dictionary(anyTenant, fc.nat(3));

describe("the queue", () => {
  it("is first come, first served within one tenant", () => {
    expect(order([op("a", 3), op("a", 1), op("a", 2)], {}, { maxPerTenant: 9 })).toEqual(["a1 slots", "a2 slots", "a3 slots"]);
  });

  it("lets tenants take turns, however many one has asked for", () => {
    const many = [1, 2, 3, 4].map((at) => op("a", at));
    expect(order([...many, op("b", 9)])).toEqual(["a1 slots", "b9 slots", "a2 slots", "a3 tenant-limit", "a4 tenant-limit"]);
    expect(order([...many, op("b", 9)], { a: 1 })).toEqual(["b9 slots", "a1 slots", "a2 tenant-limit", "a3 tenant-limit", "a4 tenant-limit"]);
  });

  it("says when it is memory that is missing", () => {
    expect(order([op("a", 1)], {}, { memoryLow: true })).toEqual(["a1 memory"]);
    expect(nextInLine([op("a", 1)], new Map(), { ...limits, memoryLow: true })).toBeNull();
  });

  it("keeps both bounds", () => {
    expect(nextInLine([op("a", 1), op("b", 2)], running({ a: 2 }), limits)).toEqual(op("b", 2));
    expect(nextInLine([op("a", 1)], running({ a: 2 }), limits)).toBeNull();
    expect(nextInLine([op("a", 1)], running({ b: 4 }), limits)).toBeNull();
  });

  it("counts everybody once, from 1, and starts them in the order it tells", () => {
    fc.assert(
      fc.property(anyWaiting, anyRunning, (waiting, counts) => {
        const told = queuePlaces(waiting, running(counts), { ...limits, maxPerTenant: 99 });
        expect(told.map((p) => p.position)).toEqual(waiting.map((_, i) => i + 1));
        // Nothing ends, places are given one after the other: the order must be the one that was told.
        const now = running(counts);
        const left = [...waiting];
        for (const { operationId } of told) {
          const next = nextInLine(left, now, { maxRunning: 999, maxPerTenant: 99, memoryLow: false });
          expect(next?.operationId).toBe(operationId);
          if (!next) return;
          left.splice(left.indexOf(next), 1);
          now.set(next.tenantId, (now.get(next.tenantId) ?? 0) + 1);
        }
      }),
    );
  });
});
