/** The oracle notices every kind of violation: each piece of evidence that is right is spoilt in one way. */
import { describe, expect, it } from "vitest";
import type { JournalEntry, OperationEvent } from "#app/domain/operation/event.ts";
import type { Operation, OperationState } from "#app/domain/operation/operation.ts";
import { type Evidence, type OperationEvidence, type Promised, violationsOf } from "./oracle.ts";

const state = (to: OperationState): OperationEvent => ({ kind: "state", to, reasons: [], by: null });
const line: OperationEvent = { kind: "output", source: "command", machine: null, step: null, lines: ["x"] };
const entriesOf = (events: readonly OperationEvent[]): readonly JournalEntry[] =>
  events.map((event, i) => ({ operationId: "o1", seq: i + 1, at: i, event }));

const operation = { id: "o1", state: "succeeded", attempt: 2 } as Operation;
const entries = entriesOf([
  state("queued"),
  state("running"),
  line,
  state("interrupted"),
  state("queued"),
  state("running"),
  line,
  state("succeeded"),
]);
const fine: OperationEvidence = { operation, entries, viewers: [entries], staleWrites: 0 };
const good: Evidence = {
  operations: [fine],
  acknowledged: ["o1"],
  repeated: [{ operationId: "o1", same: "o1", otherRefused: true }],
  integrity: "ok",
  host: { owned: ["machine a"], found: ["machine a"], leftovers: [], pending: 0 },
  secondPreview: [],
};
const withOperation = (change: Partial<OperationEvidence>): Evidence => ({ ...good, operations: [{ ...fine, ...change }] });
const withHost = (change: Partial<Evidence["host"]>): Evidence => ({ ...good, host: { ...good.host, ...change } });
const without = (at: number) => entries.filter((_, i) => i !== at);

const spoilt: readonly (readonly [what: string, promise: Promised, evidence: Evidence])[] = [
  ["an acknowledged operation that is not there", "acknowledged", { ...good, acknowledged: ["o1", "o2"] }],
  ["a repeat that gives another operation", "acknowledged", { ...good, repeated: [{ operationId: "o1", same: "o2", otherRefused: true }] }],
  ["a repeat that is refused", "acknowledged", { ...good, repeated: [{ operationId: "o1", same: null, otherRefused: true }] }],
  ["another body under a used key", "acknowledged", { ...good, repeated: [{ operationId: "o1", same: "o1", otherRefused: false }] }],
  ["an old claim that still writes", "one-writer", withOperation({ staleWrites: 1 })],
  [
    "two ends",
    "one-end",
    withOperation({ entries: entriesOf([state("queued"), state("running"), state("succeeded"), state("failed")]), viewers: [] }),
  ],
  [
    "an entry after the end",
    "one-end",
    withOperation({ entries: entriesOf([state("queued"), state("running"), state("succeeded"), line]), viewers: [] }),
  ],
  ["a row that says otherwise than the journal", "one-end", withOperation({ operation: { ...operation, state: "failed" } })],
  [
    "an operation that runs for ever",
    "one-end",
    withOperation({ operation: { ...operation, state: "running" }, entries: entries.slice(0, 2), viewers: [] }),
  ],
  ["a machine without an owner", "nothing-left", withHost({ found: ["machine a", "machine b"] })],
  ["a machine that is missing", "nothing-left", withHost({ found: [] })],
  ["a machine twice", "nothing-left", withHost({ found: ["machine a", "machine a"] })],
  ["a lock that stayed", "nothing-left", withHost({ leftovers: ["lock of process 7"] })],
  ["a step begun for ever", "nothing-left", withHost({ pending: 1 })],
  ["a journal with a gap", "every-event", withOperation({ entries: without(2), viewers: [] })],
  ["a viewer with a gap", "every-event", withOperation({ viewers: [without(2)] })],
  ["a viewer who sees an entry twice", "every-event", withOperation({ viewers: [[...entries.slice(0, 3), ...entries.slice(2)]] })],
  [
    "a viewer who sees two entries the wrong way round",
    "every-event",
    withOperation({ viewers: [[...entries.slice(0, 2), ...entries.slice(3, 4), ...entries.slice(2, 3), ...entries.slice(4)]] }),
  ],
  ["a viewer without the end", "every-event", withOperation({ viewers: [entries.slice(0, -1)] })],
  ["a damaged database", "database", { ...good, integrity: "row 3 missing from index" }],
  ["a second preview that would change something", "same-again", { ...good, secondPreview: ["update a"] }],
];

describe("the oracle", () => {
  it("has nothing to say about what is right", () => expect(violationsOf(good)).toEqual([]));
  it.each(spoilt)("notices %s", (_what, promise, evidence) => {
    expect([...new Set(violationsOf(evidence).map((v) => v.promise))]).toEqual([promise]);
  });
});
