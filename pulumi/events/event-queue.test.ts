import { reported } from "#app/domain/message/message.ts";
import { describe, expect, it } from "vitest";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import { createEventQueue } from "./event-queue.ts";

const line = (text: string): OperationEvent => ({ kind: "output", source: "command", machine: null, step: "a", lines: [text] });
const note = (text: string): OperationEvent => ({ kind: "notice", level: "note", machine: null, message: reported(text) });
const textOf = (events: readonly OperationEvent[]) =>
  events.flatMap((e) =>
    e.kind === "output"
      ? e.lines
      : e.kind === "notice"
        ? [String(e.message.params.text)]
        : [`${e.kind} ${e.kind === "truncated" ? e.lines : ""}`],
  );

describe("the queue of events", () => {
  it("delivers everything in order, one batch at a time", async () => {
    const taken: string[] = [];
    let under = 0;
    const queue = createEventQueue(async (events) => {
      expect(++under).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      taken.push(...textOf(events));
      under--;
    });
    for (let i = 0; i < 100; i++) {
      queue.push([i % 10 === 0 ? note(`${i}`) : line(`${i}`)]);
      if (i % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await queue.drained();
    expect(taken).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`));
  });

  it("drops output in a flood, says how much, and keeps everything else", async () => {
    const taken: OperationEvent[] = [];
    const gate = Promise.withResolvers<void>();
    const queue = createEventQueue(
      async (events) => {
        await gate.promise;
        taken.push(...events);
      },
      { lines: 10, batch: 100 },
    );
    queue.push([note("first")]);
    await new Promise((resolve) => setImmediate(resolve));
    queue.push([...Array.from({ length: 25 }, (_, i) => line(`${i}`)), note("last")]);
    gate.resolve();
    await queue.drained();
    expect(textOf(taken)).toEqual(["first", ...Array.from({ length: 10 }, (_, i) => `${i}`), "last", "truncated 15"]);
  });

  it("tells a delivery that went wrong to whoever waits", async () => {
    const queue = createEventQueue(() => Promise.reject(new Error("lost")));
    queue.push([note("x")]);
    await expect(queue.drained()).rejects.toThrow("lost");
  });

  it("delivers nothing after a delivery that went wrong, and tells it to whoever waits later", async () => {
    const tried: string[] = [];
    const told = Promise.withResolvers<void>();
    const queue = createEventQueue(
      (events) => {
        tried.push(...textOf(events));
        return tried.length === 2 ? Promise.reject(new Error("lost")) : Promise.resolve();
      },
      { onLost: told.resolve },
    );
    for (const message of ["a", "b"]) {
      queue.push([note(message)]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await told.promise;
    queue.push([note("c")]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(tried).toEqual(["a", "b"]);
    await expect(queue.drained()).rejects.toThrow("lost");
  });
});
