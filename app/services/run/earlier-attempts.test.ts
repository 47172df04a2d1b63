import { reported } from "#app/domain/message/message.ts";
import { describe, expect, it } from "vitest";
import type { ConsolePlace, JournalEntry, OperationEvent } from "#app/domain/operation/event.ts";
import type { FailureCause } from "#app/domain/operation/failure.ts";
import { earlierAttempts } from "./earlier-attempts.ts";

const line = (machine: string, place?: ConsolePlace): OperationEvent => ({
  kind: "output",
  source: "console",
  machine,
  step: null,
  lines: ["x"],
  place,
});
const journalOf = (events: readonly OperationEvent[]) => {
  const entries = events.map((event, i): JournalEntry => ({ operationId: "o", seq: i + 1, at: 0, event }));
  return { read: (_: string, after: number, limit: number) => Promise.resolve(entries.slice(after, after + limit)) };
};

describe("machines that were off", () => {
  it("are those that an attempt ended for, each once", async () => {
    const failed = (cause: FailureCause, machine: string | null): OperationEvent => ({
      kind: "failure",
      failure: { step: null, machine, phase: null, cause, reasons: [reported("")], lastOutput: [], next: "resume" },
    });
    const events = [
      failed("machine-stopped", "a-cp0"),
      failed("boot-timeout", "a-w2"),
      failed("machine-stopped", "a-w1"),
      failed("machine-stopped", "a-cp0"),
    ];
    expect((await earlierAttempts(journalOf(events), "o")).stopped).toEqual(["a-cp0", "a-w1"]);
  });
});

describe("how far consoles are in the journal", () => {
  it("is the last place of each machine, also in a long journal", async () => {
    const many = Array.from({ length: 2_500 }, (_, i) => line("a-cp0", { inode: 1, offset: i }));
    const { consolePlaces: places } = await earlierAttempts(journalOf([line("a-w1", { inode: 2, offset: 5 }), ...many, line("a-w2")]), "o");
    expect(places).toEqual({ "a-cp0": { inode: 1, offset: 2_499 }, "a-w1": { inode: 2, offset: 5 } });
  });

  it("is nothing for an empty journal", async () => {
    expect(await earlierAttempts(journalOf([]), "o")).toEqual({ consolePlaces: {}, stopped: [] });
  });
});
