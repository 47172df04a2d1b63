import { message, reported } from "#app/domain/message/message.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JournalEntry, OperationEvent } from "./event.ts";
import { countResumes, isAbandoned, mostResumes, planRecovery, resumeIn, type StackSight } from "./recovery.ts";

describe("a holder", () => {
  const leaseMs = 15_000;

  it("that is proven dead is replaced at once", () => {
    expect(isAbandoned({ holder: "dead", silentMs: 0, leaseMs })).toBe(true);
  });

  it("that lives keeps the operation as long as it is heard", () => {
    expect(isAbandoned({ holder: "alive", silentMs: leaseMs, leaseMs })).toBe(false);
    expect(isAbandoned({ holder: "alive", silentMs: leaseMs + 1, leaseMs })).toBe(true);
  });

  it("of which nothing can be told gets twice as long", () => {
    expect(isAbandoned({ holder: "elsewhere", silentMs: 2 * leaseMs, leaseMs })).toBe(false);
    expect(isAbandoned({ holder: "elsewhere", silentMs: 2 * leaseMs + 1, leaseMs })).toBe(true);
  });
});

describe("recovering a stack", () => {
  const inOrder: StackSight = {
    teardown: "none",
    pool: "unopened",
    gone: [],
    processes: 0,
    locks: [],
    state: "whole",
    pending: 0,
    leftovers: [],
    engine: "ready",
  };
  const steps = (change: Partial<StackSight>) => planRecovery({ ...inOrder, ...change }).map((s) => s.do);
  const lock = (holder: StackSight["locks"][number]["holder"]) => ({ path: `/locks/${holder}`, holder, heldBy: `PID 7 (${holder})` });
  const machine = { kind: "machine", name: "b7-demo-w1" } as const;

  it("is nothing where nothing is out of order", () => {
    expect(steps({})).toEqual([]);
  });

  it("cannot be told while libvirt is silent: there may be things that nobody recorded", () => {
    expect(steps({ leftovers: null })).toEqual(["give-up"]);
  });

  it("begins with ending what still runs, and decides nothing else before that", () => {
    expect(steps({ processes: 2, locks: [lock("dead")], pending: 3, leftovers: [machine] })).toEqual(["end-processes"]);
  });

  it("breaks the lock of the dead, and touches nothing under the lock of anybody else", () => {
    expect(planRecovery({ ...inOrder, locks: [lock("dead")] })).toEqual([{ do: "break-lock", path: "/locks/dead" }]);
    for (const holder of ["alive", "elsewhere"] as const) {
      const all = planRecovery({ ...inOrder, locks: [lock("dead"), lock(holder)], pending: 1, leftovers: [machine], state: "torn" });
      expect(all).toEqual([{ do: "give-up", reason: message("state-locked", { holder: `PID 7 (${holder})` }), locked: true }]);
    }
  });

  it("repairs a torn state before anything is said to be nobody's", () => {
    expect(steps({ state: "torn", locks: [lock("dead")], leftovers: [machine] })).toEqual(["break-lock", "mend-state"]);
  });

  it("removes what nobody recorded before the engine looks", () => {
    expect(steps({ pending: 1, leftovers: [machine] })).toEqual(["remove", "settle"]);
    expect(steps({ leftovers: [machine] })).toEqual(["remove"]);
    expect(steps({ state: "mended" })).toEqual(["settle"]);
  });

  it("settles nothing that it cannot see, or without an engine", () => {
    expect(steps({ pending: 1, leftovers: null })).toEqual(["give-up"]);
    expect(steps({ pending: 1, engine: "missing" })).toEqual(["give-up"]);
  });

  it("opens the pool before a teardown looks for what is gone, and asks no engine", () => {
    const gone = [{ kind: "network", name: "b7-demo", urn: "urn:1" }] as const;
    const torn = { teardown: "run", engine: "missing", leftovers: [machine], gone } as const;
    expect(steps({ ...torn, leftovers: null })).toEqual(["give-up"]);
    expect(steps(torn)).toEqual(["open-pool"]);
    expect(planRecovery({ ...inOrder, ...torn, pool: "open" })).toEqual([
      { do: "remove", leftover: machine },
      { do: "let-go", gone },
    ]);
    expect(steps({ teardown: "run", pool: "open", pending: 1 })).toEqual(["let-go"]);
    expect(steps({ teardown: "run", pool: "open", state: "mended" })).toEqual(["let-go"]);
    expect(steps({ teardown: "run", pool: "open" })).toEqual([]);
    expect(steps({ teardown: "plan", leftovers: null, pending: 1, state: "mended" })).toEqual([]);
  });

  it("never removes anything while something of a run still lives, is locked, or the state is torn", () => {
    const sight = fc.record({
      teardown: fc.constantFrom(...(["none", "plan", "run"] as const)),
      pool: fc.constantFrom(...(["unopened", "open"] as const)),
      gone: fc.constantFrom([], [{ kind: "network", name: "b7-demo", urn: "urn:1" } as const]),
      processes: fc.nat({ max: 2 }),
      locks: fc.array(fc.constantFrom(...(["dead", "alive", "elsewhere", "unknown"] as const)).map(lock), { maxLength: 3 }),
      state: fc.constantFrom(...(["whole", "torn", "mended"] as const)),
      pending: fc.nat({ max: 2 }),
      leftovers: fc.constantFrom(null, [], [machine]),
      engine: fc.constantFrom(...(["ready", "missing"] as const)),
    });
    fc.assert(
      fc.property(sight, (s) => {
        const kinds = planRecovery(s).map((step) => step.do);
        const blocked = s.processes > 0 || s.state === "torn" || s.locks.some((l) => l.holder === "alive" || l.holder === "elsewhere");
        if (blocked || s.teardown === "plan") for (const kind of ["remove", "open-pool", "let-go"]) expect(kinds).not.toContain(kind);
        if (kinds.includes("settle")) expect(kinds.at(-1)).toBe("settle");
      }),
    );
  });
});

describe("continuing automatically", () => {
  const entries = (...events: readonly OperationEvent[]): readonly JournalEntry[] =>
    events.map((event, i) => ({ operationId: "o", seq: i + 1, at: i, event }));
  const queued = (by: string | null): OperationEvent => ({ kind: "state", to: "queued", reasons: [], by });
  const interrupted: OperationEvent = { kind: "state", to: "interrupted", reasons: [reported("x")], by: null };
  const step = (status: "running" | "done", change: "create" | "same" = "create"): OperationEvent => ({
    kind: "step",
    step: { urn: "u", name: "n", step: null, type: "t", phase: "boot", machine: null, on: null },
    change,
    status,
  });
  const output: OperationEvent = { kind: "output", source: "command", machine: null, step: null, lines: ["x"] };

  it("counts its own resumes back to the last thing done or the last person", () => {
    expect(countResumes(entries(queued("mina"), step("done"), interrupted))).toEqual({ idle: 0, known: true });
    expect(countResumes(entries(queued("mina"), interrupted, queued("Berth"), step("running"), output, interrupted))).toEqual({
      idle: 1,
      known: true,
    });
    expect(
      countResumes(
        entries(queued("Berth"), queued("Berth"), step("done"), interrupted, queued("Berth"), step("done", "same"), interrupted),
      ),
    ).toEqual({ idle: 1, known: true });
    expect(countResumes(entries(queued("Berth"), queued("mina"), interrupted))).toEqual({ idle: 0, known: true });
  });

  it("says when it has not seen enough", () => {
    expect(countResumes(entries(output, queued("Berth"), interrupted))).toEqual({ idle: 1, known: false });
    expect(countResumes([])).toEqual({ idle: 0, known: false });
  });

  it("tries at once, then more slowly, and then leaves it to a person", () => {
    expect(resumeIn(0, 1_000, 1_000)).toBe(0);
    expect(resumeIn(1, 1_000, 2_000)).toBe(4_000);
    expect(resumeIn(1, 1_000, 9_000)).toBe(0);
    expect(resumeIn(2, 1_000, 2_000)).toBe(19_000);
    expect(resumeIn(mostResumes, 1_000, 9e9)).toBeNull();
  });

  it("does not wait for a clock that was set back", () => {
    expect(resumeIn(2, 3_600_000, 1_000)).toBe(0);
  });
});
