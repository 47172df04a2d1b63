/** The fan-out without sockets: any order in which reads, appends, slow and leaving viewers can fall. */
import { reported } from "#app/domain/message/message.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JournalEntry } from "#app/domain/operation/event.ts";
import type { OperationState } from "#app/domain/operation/operation.ts";
import type { StreamFrame } from "#app/domain/operation/stream.ts";
import { Channel, type Subscriber } from "./channel.server.ts";
import { type Frame, framesOf } from "./frame.server.ts";
import { Pace } from "./pace.server.ts";
import { clientAddressBehind, countedAddress } from "#app/server/requests/client-address.server.ts";
import { WaiterLimiter } from "#app/server/requests/waiter-limiter.server.ts";

const entryOf = (seq: number, to?: OperationState, size = 8): JournalEntry => ({
  operationId: "op",
  seq,
  at: 0,
  event:
    to === undefined
      ? { kind: "notice", level: "note", machine: null, message: reported("x".repeat(size)) }
      : { kind: "state", to, reasons: [], by: null },
});

const upTo = (from: number, to: number): readonly number[] => Array.from({ length: to - from }, (_, i) => from + i + 1);

/** The text of a ready-made frame, as a client's parser finds it. */
function textOf(bytes: Buffer): string {
  expect(bytes[0]).toBe(0x81);
  const short = bytes[1] ?? 0;
  const [head, length] = short < 126 ? [2, short] : short === 126 ? [4, bytes.readUInt16BE(2)] : [10, Number(bytes.readBigUInt64BE(2))];
  expect(bytes.length).toBe(head + length);
  return bytes.subarray(head).toString("utf8");
}

const seqsOf = (frame: Frame): readonly number[] => (JSON.parse(textOf(frame.bytes)) as StreamFrame).entries.map((e) => e.seq);

/** A viewer in memory: takes at most `capacity` frames before it has to be emptied. */
class MemorySubscriber implements Subscriber {
  readonly begun: number;
  cursor: number;
  open = true;
  ending: "end" | "fail" | null = null;
  readonly seen: number[] = [];
  readonly #capacity: number;
  #unsent = 0;
  #waiting: (() => void)[] = [];

  constructor(after: number, capacity: number) {
    this.begun = after;
    this.cursor = after;
    this.#capacity = capacity;
  }

  take(frame: Frame): boolean {
    if (!this.open || this.#unsent >= this.#capacity) return false;
    expect(frame.from).toBe(this.cursor);
    this.#unsent += 1;
    this.seen.push(...seqsOf(frame));
    this.cursor = frame.to;
    return true;
  }

  async drained(): Promise<boolean> {
    while (this.open && this.#unsent > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.open;
  }

  empty(): void {
    this.#unsent = 0;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  end(): void {
    this.ending = "end";
    this.close();
  }

  fail(): void {
    this.ending = "fail";
    this.close();
  }

  close(): void {
    this.open = false;
    this.empty();
  }
}

type Act =
  | { readonly act: "append"; readonly count: number }
  | { readonly act: "join"; readonly back: number; readonly capacity: number }
  | { readonly act: "empty" | "leave"; readonly which: number };

const acts: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ act: fc.constant("append" as const), count: fc.integer({ min: 1, max: 300 }) }),
  fc.record({ act: fc.constant("join" as const), back: fc.integer({ min: 0, max: 400 }), capacity: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ act: fc.constantFrom("empty" as const, "leave" as const), which: fc.nat(10) }),
);

describe("a channel", () => {
  it("hands every entry to every viewer once and in order, whatever falls between", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(acts, { maxLength: 25 }), async (s, plan) => {
        const journal: JournalEntry[] = [entryOf(1, "running")];
        const read = s.scheduleFunction(async (after: number, limit: number) => journal.slice(after, after + limit));
        const subscribers: MemorySubscriber[] = [];
        const state = () => journal.findLast((e) => e.event.kind === "state")?.event;
        const channel: Channel = new Channel({
          operationId: "op",
          head: s.scheduleFunction(async () => journal.length),
          operation: s.scheduleFunction(async () => {
            const last = state();
            return { state: last?.kind === "state" ? last.to : "running" };
          }),
          read,
          page: async (after, limit) => framesOf(after, await read(after, limit)),
          onError: (error) => expect.fail(String(error)),
        });
        const append = (...entries: readonly JournalEntry[]) => {
          journal.push(...entries);
          channel.wake();
        };
        const { task: done } = s.scheduleSequence(
          plan.map((step) => async () => {
            const subscriber =
              step.act === "append" || step.act === "join" ? undefined : subscribers[step.which % Math.max(1, subscribers.length)];
            switch (step.act) {
              case "append":
                return append(
                  ...upTo(journal.length, journal.length + step.count).map((seq) => entryOf(seq, undefined, seq % 7 === 0 ? 30_000 : 8)),
                );
              case "join": {
                const joined = new MemorySubscriber(Math.max(0, journal.length - step.back), step.capacity);
                subscribers.push(joined);
                return channel.join(joined);
              }
              case "empty":
                return subscriber?.empty();
              case "leave":
                subscriber?.close();
                if (subscriber) channel.leave(subscriber);
            }
          }),
        );
        await s.waitFor(done);
        const left = new Set(subscribers.filter((subscriber) => !subscriber.open));
        append(entryOf(journal.length + 1, "succeeded"));
        const last = new MemorySubscriber(0, 1);
        subscribers.push(last);
        channel.join(last);
        // Everybody reads on until the end.
        const patience = performance.now() + 10_000;
        while (subscribers.some((subscriber) => subscriber.open) && performance.now() < patience) {
          for (const subscriber of subscribers) subscriber.empty();
          await Promise.race([s.waitIdle(), new Promise((resolve) => setTimeout(resolve, 3))]);
          // The channel may be pausing between two flushes.
          await new Promise((resolve) => setImmediate(resolve));
        }
        for (const subscriber of subscribers) {
          expect(subscriber.seen).toEqual(upTo(subscriber.begun, subscriber.cursor));
          if (left.has(subscriber)) continue;
          expect([subscriber.ending, subscriber.cursor]).toEqual(["end", journal.length]);
        }
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it("reads and encodes once for all who stand at the end", async () => {
    const journal: JournalEntry[] = [entryOf(1, "running")];
    let reads = 0;
    const channel = new Channel({
      operationId: "op",
      head: async () => journal.length,
      operation: async () => ({ state: "running" }),
      read: async (after, limit) => {
        reads += 1;
        return journal.slice(after, after + limit);
      },
      page: async (after, limit) => framesOf(after, journal.slice(after, after + limit)),
      onError: (error) => expect.fail(String(error)),
    });
    const taken = new Set<Frame>();
    const subscribers = Array.from({ length: 1_200 }, () => new MemorySubscriber(1, 9));
    for (const subscriber of subscribers) {
      const take = subscriber.take.bind(subscriber);
      subscriber.take = (frame) => take(frame) && taken.add(frame) !== null;
      channel.join(subscriber);
    }
    await new Promise((resolve) => setImmediate(resolve));
    journal.push(entryOf(2), entryOf(3));
    channel.wake();
    await expect.poll(() => subscribers.every((s) => s.cursor === 3)).toBe(true);
    expect([reads, taken.size]).toEqual([1, 1]);
  });

  it("asks once whether the operation continues, however many come while it does", async () => {
    let looks = 0;
    const channel = new Channel({
      operationId: "op",
      head: async () => 3,
      operation: async () => {
        looks += 1;
        return { state: "running" };
      },
      read: async () => [],
      page: async (after, limit) =>
        framesOf(
          after,
          upTo(after, Math.min(3, after + limit)).map((seq) => entryOf(seq)),
        ),
      onError: (error) => expect.fail(String(error)),
    });
    for (let i = 0; i < 100; i++) {
      const subscriber = new MemorySubscriber(i % 3, 9);
      channel.join(subscriber);
      await expect.poll(() => subscriber.cursor, { interval: 1 }).toBe(3);
    }
    // A second look belongs to those who came during the first one.
    expect(looks).toBeLessThanOrEqual(2);
  });

  it("waits out a moment in which the journal cannot be read, and only then sends its viewers away", async () => {
    const journal: JournalEntry[] = [entryOf(1, "running")];
    let broken = 2;
    const told: unknown[] = [];
    const channel = new Channel({
      operationId: "op",
      head: async () => journal.length,
      operation: async () => ({ state: "running" }),
      read: async (after, limit) => {
        if (broken-- > 0) throw new Error("the database is locked");
        return journal.slice(after, after + limit);
      },
      page: async (after, limit) => framesOf(after, journal.slice(after, after + limit)),
      onError: (error) => told.push(error),
    });
    const subscriber = new MemorySubscriber(1, 9);
    channel.join(subscriber);
    await new Promise((resolve) => setImmediate(resolve));
    journal.push(entryOf(2));
    channel.wake();
    await expect.poll(() => subscriber.cursor, { timeout: 5_000 }).toBe(2);
    expect([subscriber.ending, told.length]).toEqual([null, 2]);
    broken = 100;
    channel.wake();
    await expect.poll(() => subscriber.ending, { timeout: 10_000 }).toBe("fail");
  });
});

describe("frames", () => {
  it("hold as many entries as fit, and every size has its right head", () => {
    for (const size of [0, 10, 125, 126, 30_000, 70_000, 200_000]) {
      const entries = upTo(4, 9).map((seq) => entryOf(seq, undefined, size));
      const frames = framesOf(4, entries);
      expect(frames.flatMap(seqsOf)).toEqual([5, 6, 7, 8, 9]);
      expect(frames.map((f) => [f.from, f.to])).toEqual(frames.map((f) => [(seqsOf(f)[0] ?? 0) - 1, seqsOf(f).at(-1)]));
      for (const f of frames) expect(f.bytes.length < 66_000 || seqsOf(f).length === 1).toBe(true);
    }
  });

  it("counts bytes, not characters", () => {
    const frame = framesOf(0, [
      { ...entryOf(1), event: { kind: "notice", level: "note", machine: null, message: reported("한글 ✓ ".repeat(40)) } },
    ])[0];
    expect(textOf(frame?.bytes ?? Buffer.alloc(0))).toContain("한글 ✓");
  });

  it("refuse a record with a hole in it", () => {
    expect(() => framesOf(0, [entryOf(1), entryOf(3)])).toThrow("entry 2 is missing");
    expect(() => framesOf(1, [entryOf(1)])).toThrow("entry 2 is missing");
  });
});

describe("the pace", () => {
  it("does not wait for cheap rounds, and rests nine times as long as a dear one took, at most a tenth of a second", () => {
    const pace = new Pace();
    expect(pace.waitMs(0)).toBe(0);
    pace.spent(0.05, 10);
    expect(pace.waitMs(10)).toBe(0);
    pace.spent(5, 20);
    expect(pace.waitMs(20)).toBe(45);
    expect(pace.waitMs(70)).toBe(0);
    pace.spent(60, 100);
    expect(pace.waitMs(100)).toBe(100);
  });
});

describe("a waiting", () => {
  it("is bounded in all, per person, per tenant and per address, and who leaves frees a place", () => {
    const waiting = new WaiterLimiter({ perPerson: 2, perTenant: 4, perAddress: 3, total: 5 });
    const enter = (personId: string, address: string | null, tenantId = "t") => {
      const refusal = waiting.refusal({ personId, address, tenantId });
      if (refusal === null) waiting.enter({ personId, address, tenantId });
      return refusal;
    };
    expect([enter("a", "10.0.0.1"), enter("a", "10.0.0.1"), enter("a", "10.0.0.2")]).toEqual([null, null, 429]);
    expect([enter("b", "10.0.0.1"), enter("c", "10.0.0.1")]).toEqual([null, 429]);
    expect([enter("c", null), enter("d", null), enter("d", null, "other"), enter("e", null, "third")]).toEqual([null, 429, null, 503]);
    waiting.leave({ personId: "a", address: "10.0.0.1", tenantId: "t" });
    expect(enter("a", "10.0.0.1")).toBeNull();
  });

  it("does not count this machine as an address: a proxy stands there for everybody", () => {
    const clientAddress = clientAddressBehind([]);
    const at = (remoteAddress: string | undefined) =>
      countedAddress(clientAddress({ headers: {}, socket: { remoteAddress } } as Parameters<typeof clientAddress>[0]));
    expect(["127.0.0.1", "::1", "::ffff:127.0.0.1", undefined].map(at)).toEqual([null, null, null, null]);
    expect(at("192.0.2.7")).toBe("192.0.2.7");
  });
});
