import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextInLine, type Queue, type QueueLimits, queuePlaces, type Waiting } from "./queue.ts";

const limits: QueueLimits = { maxRunning: 4, maxPerTenant: 2, memoryLow: false };
const op = (tenantId: string, requestedAt: number): Waiting => ({ operationId: `${tenantId}${requestedAt}`, tenantId, requestedAt });
const many = (tenantId: string, count: number) => Array.from({ length: count }, (_, i) => op(tenantId, i + 1));
const queue = (waiting: readonly Waiting[], running: readonly string[] = [], turns: Record<string, number> = {}): Queue => ({
  waiting,
  running,
  turns: new Map(Object.entries(turns)),
});
const places = (q: Queue, more: Partial<QueueLimits> = {}) =>
  queuePlaces(q, { ...limits, ...more }).map((p) => `${p.operationId} ${p.reason}`);

describe("the queue", () => {
  it("is first come, first served within one tenant", () => {
    expect(places(queue([op("a", 3), op("a", 1), op("a", 2)]), { maxPerTenant: 9 })).toEqual(["a1 starting", "a2 starting", "a3 starting"]);
  });

  it("lets tenants take turns, however many operations one has queued", () => {
    expect(places(queue([...many("a", 3), op("b", 9)]))).toEqual(["a1 starting", "b9 starting", "a2 starting", "a3 behind"]);
    expect(places(queue([...many("a", 3), op("b", 9)], ["a"], { a: 1 }))).toEqual(["b9 starting", "a1 starting", "a2 behind", "a3 behind"]);
  });

  it("remembers whose turn it was while nothing runs", () => {
    const oneSlot = { ...limits, maxRunning: 1 };
    expect(nextInLine(queue([...many("a", 233), op("b", 999)], [], { a: 17 }), oneSlot)).toEqual(op("b", 999));
    expect(nextInLine(queue([...many("a", 233), op("b", 999)], [], { a: 17, b: 18 }), oneSlot)).toEqual(op("a", 1));
  });

  it("gives the reason that is true now", () => {
    expect(places(queue([op("a", 1), op("a", 2)]), { maxRunning: 1 })).toEqual(["a1 starting", "a2 behind"]);
    expect(places(queue([op("a", 1)], ["b"]), { maxRunning: 1 })).toEqual(["a1 slots"]);
    expect(places(queue([op("a", 1)], ["a", "a"]))).toEqual(["a1 tenant-limit"]);
    expect(places(queue([op("a", 1)]), { memoryLow: true })).toEqual(["a1 memory"]);
  });

  it("keeps both bounds, and starts nothing without memory", () => {
    expect(nextInLine(queue([op("a", 1), op("b", 2)], ["a", "a"]), limits)).toEqual(op("b", 2));
    expect(nextInLine(queue([op("a", 1)], ["a", "a"]), limits)).toBeNull();
    expect(nextInLine(queue([op("a", 1)], ["b", "b", "c", "c"]), limits)).toBeNull();
    expect(nextInLine(queue([op("a", 1)]), { ...limits, memoryLow: true })).toBeNull();
  });

  it("lists everything once, also when nothing may ever start", () => {
    expect(places(queue(many("a", 3)), { maxPerTenant: 0 })).toEqual(["a1 tenant-limit", "a2 tenant-limit", "a3 tenant-limit"]);
    expect(queuePlaces(queue(many("a", 3)), { ...limits, maxRunning: 0 }).map((p) => p.position)).toEqual([1, 2, 3]);
  });
});

/** What happens around the queue, one event after the other. */
type Event =
  | { readonly kind: "arrive"; readonly tenant: string; readonly count: number }
  | { readonly kind: "start" }
  | { readonly kind: "end"; readonly which: number };

const tenants = ["a", "b", "c", "d", "e"];
const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("arrive" as const),
      tenant: fc.constantFrom(...tenants),
      count: fc.oneof(fc.constant(1), fc.constant(2), fc.integer({ min: 50, max: 240 })),
    }),
  },
  { weight: 6, arbitrary: fc.constant({ kind: "start" as const }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("end" as const), which: fc.nat(20) }) },
);
const anyLimits = fc.record({
  maxRunning: fc.integer({ min: 1, max: 6 }),
  maxPerTenant: fc.integer({ min: 1, max: 4 }),
  memoryLow: fc.constant(false),
});

/** A portal that is as simple as can be: it starts what `nextInLine` says, and counts who is passed over. */
class Portal {
  readonly #limits: QueueLimits;
  readonly #waiting: Waiting[] = [];
  readonly #turns = new Map<string, number>();
  readonly #running: string[] = [];
  readonly #passedOver = new Map<string, number>();
  #count = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get queue(): Queue {
    return { waiting: this.#waiting, running: this.#running, turns: this.#turns };
  }

  take(event: Event): void {
    if (event.kind === "arrive") for (let i = 0; i < event.count; i++) this.#waiting.push(op(event.tenant, ++this.#count));
    else if (event.kind === "end") this.#running.splice(this.#running.length === 0 ? 0 : event.which % this.#running.length, 1);
    else this.start();
  }

  start(): Waiting | null {
    const next = nextInLine(this.queue, this.#limits);
    const eligible = new Set(
      this.#waiting.map((w) => w.tenantId).filter((t) => this.#running.filter((r) => r === t).length < this.#limits.maxPerTenant),
    );
    if (next === null) {
      expect(this.#running.length >= this.#limits.maxRunning || eligible.size === 0).toBe(true);
      return null;
    }
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    this.#running.push(next.tenantId);
    this.#turns.set(next.tenantId, Math.max(0, ...this.#turns.values()) + 1);
    for (const tenant of eligible) this.#passedOver.set(tenant, tenant === next.tenantId ? 0 : (this.#passedOver.get(tenant) ?? 0) + 1);
    expect(Math.max(...this.#passedOver.values())).toBeLessThan(tenants.length);
    return next;
  }

  endOldest(): void {
    this.#running.shift();
  }
}

describe("any history of arrivals, starts and ends, with hundreds of operations", () => {
  it("passes no tenant over more often than there are other tenants", () => {
    fc.assert(
      fc.property(anyLimits, fc.array(anyEvent, { minLength: 50, maxLength: 200, size: "max" }), (bounds, events) => {
        const portal = new Portal(bounds);
        for (const event of events) portal.take(event);
      }),
      { numRuns: 60 },
    );
  });

  it("starts everything in the order of the positions that were shown, and says that slots are taken only when they are", () => {
    fc.assert(
      fc.property(anyLimits, fc.array(anyEvent, { maxLength: 20 }), (bounds, events) => {
        const portal = new Portal(bounds);
        for (const event of events) portal.take(event);
        const shown = queuePlaces(portal.queue, bounds);
        const full = portal.queue.running.length >= bounds.maxRunning;
        expect(shown.some((p) => p.reason === "slots") && !full).toBe(false);
        expect(shown.some((p) => p.reason === "starting")).toBe(nextInLine(portal.queue, bounds) !== null);
        const started: string[] = [];
        while (started.length < shown.length) {
          const next = portal.start();
          if (next) started.push(next.operationId);
          else portal.endOldest();
        }
        expect(started).toEqual(shown.map((p) => p.operationId));
      }),
      { numRuns: 40 },
    );
  });
});
