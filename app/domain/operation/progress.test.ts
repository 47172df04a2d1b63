import { reported } from "#app/domain/message/message.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type JournalEntry, type OperationEvent, phases } from "./event.ts";
import {
  currentPhase,
  elapsedSeconds,
  emptyProgress,
  outputOf,
  phaseProgress,
  type Progress,
  reduce,
  replay,
  tailLines,
  totals,
} from "./progress.ts";
import { operationStates } from "./operation.ts";

const journal = (events: readonly OperationEvent[]): readonly JournalEntry[] =>
  events.map((event, i) => ({ operationId: "op", seq: i + 1, at: 1000 * (i + 1), event }));

const step = (n: number, phase: (typeof phases)[number] = "boot") =>
  ({ urn: `urn:${n}`, name: `w${n}`, step: "machine", type: "libvirt:index/domain:Domain", phase, machine: `w${n}`, on: null }) as const;

const change = fc.constantFrom("create" as const, "update" as const, "same" as const, "delete" as const);
const anyStep = fc.tuple(fc.nat(4), fc.constantFrom(...phases)).map(([n, phase]) => step(n, phase));
const anyEvent: fc.Arbitrary<OperationEvent> = fc.oneof(
  fc.record({
    kind: fc.constant("state" as const),
    to: fc.constantFrom(...operationStates),
    reasons: fc.constant([]),
    by: fc.constant(null),
  }),
  fc.record({
    kind: fc.constant("expected" as const),
    rows: fc.array(
      fc.tuple(anyStep, change).map(([s, c]) => ({ ...s, change: c })),
      { maxLength: 4 },
    ),
  }),
  fc.record({
    kind: fc.constant("step" as const),
    step: anyStep,
    change,
    status: fc.constantFrom("running" as const, "done" as const, "failed" as const),
  }),
  fc.record({
    kind: fc.constant("output" as const),
    source: fc.constantFrom("command" as const, "console" as const),
    machine: fc.constantFrom("a", null),
    step: fc.constant(null),
    lines: fc.array(fc.string(), { maxLength: 5 }),
  }),
  fc.record({
    kind: fc.constant("notice" as const),
    level: fc.constant("note" as const),
    machine: fc.constant(null),
    message: fc.string().map(reported),
  }),
  fc.record({ kind: fc.constant("truncated" as const), lines: fc.nat(9) }),
  fc.record({ kind: fc.constant("cancel-requested" as const), by: fc.constant("ada") }),
);

describe("folding the journal", () => {
  it("gives the same however the entries arrive: in pieces, with pieces twice, after a reconnect", () => {
    fc.assert(
      fc.property(
        fc.array(anyEvent, { maxLength: 40 }),
        fc.array(fc.tuple(fc.nat(40), fc.nat(40)), { maxLength: 12 }),
        (events, pieces) => {
          const entries = journal(events);
          let seen: Progress = emptyProgress;
          for (const [from, length] of pieces) seen = replay(entries.slice(from, from + length), seen);
          // A viewer that noticed a hole, or simply was not sent all, reads on from its cursor.
          seen = replay(entries.slice(seen.cursor), seen);
          expect({ ...seen, gap: false }).toEqual({ ...replay(entries), gap: false });
        },
      ),
    );
  });

  it("leaves an entry after a hole out, reports it, and recovers", () => {
    const entries = journal([
      { kind: "truncated", lines: 1 },
      { kind: "truncated", lines: 2 },
      { kind: "truncated", lines: 4 },
    ]);
    const [first, second, third] = entries;
    if (!first || !second || !third) return expect.fail();
    const holed = replay([first, third]);
    expect(holed).toMatchObject({ cursor: 1, gap: true, truncatedLines: 1 });
    expect(replay([second, third], holed)).toMatchObject({ cursor: 3, gap: false, truncatedLines: 7 });
  });

  it("never changes what it was given", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 20 }), (events) => {
        let seen = emptyProgress;
        for (const entry of journal(events)) {
          const before = structuredClone(seen);
          const next = reduce(seen, entry);
          expect(seen).toEqual(before);
          seen = next;
        }
      }),
    );
  });

  it("holds a bounded tail per machine and source, and counts the rest", () => {
    const lines = Array.from({ length: tailLines + 20 }, (_, i) => `line ${i}`);
    const seen = replay(
      journal([
        { kind: "output", source: "console", machine: "a", step: null, lines },
        { kind: "output", source: "command", machine: "a", step: null, lines: ["x"] },
      ]),
    );
    expect(outputOf(seen, "a", "console")).toMatchObject({ dropped: 20 });
    expect(outputOf(seen, "a", "console")?.lines.at(-1)).toBe(`line ${tailLines + 19}`);
    expect(outputOf(seen, "a", "command")?.lines).toEqual(["x"]);
  });
});

const run: readonly OperationEvent[] = [
  { kind: "state", to: "queued", reasons: [], by: "ada" },
  { kind: "state", to: "running", reasons: [], by: null },
  {
    kind: "expected",
    rows: [
      { ...step(1), change: "create" },
      { ...step(2), change: "create" },
      { ...step(3, "network"), change: "same" },
    ],
  },
  { kind: "step", step: step(1), change: "create", status: "running" },
  { kind: "step", step: step(1), change: "create", status: "done" },
];

describe("what a viewer sees", () => {
  it("shows all rows from the start, and phases only where something is to be done", () => {
    const seen = replay(journal(run));
    expect(seen.rows.map((r) => r.status)).toEqual(["done", "planned", "planned"]);
    expect(phaseProgress(seen)).toEqual([
      { phase: "boot", status: "running", begun: true, spans: [{ from: 4000, to: 5000 }], done: 1, total: 2 },
    ]);
    expect(totals(seen)).toEqual({ done: 1, failed: 0, total: 2 });
  });

  it("goes through the phases backwards where everything is taken down", () => {
    const rows = [
      { ...step(1), change: "delete" as const },
      { ...step(2, "network"), change: "delete" as const },
    ];
    expect(phaseProgress(replay(journal([{ kind: "expected", rows }]))).map((p) => p.phase)).toEqual(["boot", "network"]);
    const mixed = [
      { ...step(1), change: "delete" as const },
      { ...step(2, "network"), change: "create" as const },
    ];
    expect(phaseProgress(replay(journal([{ kind: "expected", rows: mixed }]))).map((p) => p.phase)).toEqual(["network", "boot"]);
  });

  const second = (status: "running" | "done"): OperationEvent => ({ kind: "step", step: step(2), change: "create", status });
  const pause: readonly OperationEvent[] = [
    { kind: "state", to: "interrupted", reasons: [], by: null },
    { kind: "state", to: "queued", reasons: [], by: "ada" },
    { kind: "state", to: "running", reasons: [], by: null },
  ];

  it("measures a phase while something of it is under way, and not while the operation stood still", () => {
    const [boot] = phaseProgress(replay(journal([...run, ...pause, second("running"), second("done")])));
    expect(boot).toMatchObject({
      status: "done",
      spans: [
        { from: 4000, to: 5000 },
        { from: 9000, to: 10_000 },
      ],
    });
    expect(boot && elapsedSeconds(boot, 99_000)).toBe(2);
  });

  it("counts what runs side by side once, and up to now while it continues", () => {
    const beside = [...run.slice(0, 4), second("running"), ...run.slice(4)];
    const [boot] = phaseProgress(replay(journal(beside)));
    expect(boot).toMatchObject({ status: "running", spans: [{ from: 4000, to: null }] });
    expect(boot && elapsedSeconds(boot, 10_000)).toBe(6);
  });

  it("does not count what was cut off: nobody knows how long it continued", () => {
    const [boot] = phaseProgress(replay(journal([...run.slice(0, 4), ...pause.slice(0, 1)])));
    expect(boot).toMatchObject({ status: "skipped", begun: true, spans: [] });
    expect(boot && elapsedSeconds(boot, 99_000)).toBeNull();
  });

  it("marks what was not finished when it ends, and puts it ahead again on resume", () => {
    const failed: readonly OperationEvent[] = [
      ...run,
      { kind: "step", step: step(2), change: "create", status: "failed" },
      { kind: "state", to: "failed", reasons: [], by: null },
    ];
    const over = replay(journal(failed));
    expect(over.rows.map((r) => r.status)).toEqual(["done", "failed", "skipped"]);
    expect(currentPhase(over)).toMatchObject({ phase: "boot", status: "failed" });
    expect(over.endedAt).toBe(7000);

    const again = replay(
      journal([
        ...failed,
        { kind: "state", to: "queued", reasons: [], by: "ada" },
        { kind: "state", to: "running", reasons: [], by: null },
        {
          kind: "expected",
          rows: [
            { ...step(1), change: "same" },
            { ...step(2), change: "create" },
          ],
        },
      ]),
    );
    expect(again.rows.map((r) => [r.name, r.change, r.status])).toEqual([
      ["w1", "create", "done"],
      ["w2", "create", "planned"],
    ]);
    expect(again).toMatchObject({ state: "running", failure: null, endedAt: null, attempts: 2, startedAt: 2000 });
  });

  it("keeps what an earlier attempt did as done when the whole plan is expected again, and a success leaves nothing open", () => {
    const going: readonly OperationEvent[] = [
      ...run,
      { kind: "state", to: "interrupted", reasons: [], by: null },
      { kind: "state", to: "queued", reasons: [], by: "Berth" },
      { kind: "state", to: "running", reasons: [], by: null },
      {
        kind: "expected",
        rows: [
          { ...step(1), change: "create" },
          { ...step(2), change: "create" },
        ],
      },
    ];
    expect(replay(journal(going)).rows.map((r) => r.status)).toEqual(["done", "planned"]);
    const again = replay(journal([...going, { kind: "step", step: step(1), change: "replace", status: "running" }]));
    expect(again.rows[0]).toMatchObject({ change: "replace", status: "running", startedAt: 10_000, endedAt: null });
    // The second was made by the first attempt, which died before it could report it: the engine finds nothing to do there.
    const over = replay(journal([...going, { kind: "state", to: "succeeded", reasons: [], by: null }]));
    expect(over.rows.map((r) => r.status)).toEqual(["done", "done"]);
    expect(phaseProgress(over)).toMatchObject([{ phase: "boot", status: "done", done: 2, total: 2 }]);
  });

  it("remembers who asked for a cancel until it is answered", () => {
    const asked = replay(journal([...run, { kind: "cancel-requested", by: "ada" }]));
    expect(asked.cancelRequestedBy).toBe("ada");
    expect(
      replay(journal([...run, { kind: "cancel-requested", by: "ada" }, { kind: "state", to: "cancelled", reasons: [], by: "ada" }]))
        .cancelRequestedBy,
    ).toBeNull();
  });
});
