/**
 * Bounds what one attempt of an operation may write as output. Beyond the bound lines are left out and counted; the
 * count is told now and then and at the end. Everything that is not output is always kept.
 */
import type { OperationEvent } from "#app/domain/operation/event.ts";
import type { Journal } from "#app/ports/journal.ts";
import type { Claim, OperationStore } from "#app/ports/operation-store.ts";

export interface OutputBounds {
  /** Characters of output of one attempt. */
  readonly characters: number;
  /** A count is told at once with other events, else at most this often. */
  readonly tellMs: number;
}

export const defaultBounds: OutputBounds = { characters: 32 * 1024 * 1024, tellMs: 5_000 };

interface Written {
  characters: number;
  dropped: number;
  toldAt: number;
}

interface Ports {
  readonly journal: Journal;
  readonly operations: OperationStore;
}

export function boundedJournal<P extends Ports>(ports: P, bounds: OutputBounds = defaultBounds): P {
  const attempts = new Map<string, Written>();
  const append: Journal["append"] = async (claim, events, at) => {
    const written = ofAttempt(attempts, claim, at);
    const before = written.dropped;
    const kept = within(events, written, bounds);
    const told = withCounts(before, kept, written, at, bounds);
    return told.length === 0 ? [] : await ports.journal.append(claim, told, at);
  };
  const finish: OperationStore["finish"] = async (claim, to, reason, failure, now) => {
    const dropped = attempts.get(keyOf(claim))?.dropped ?? 0;
    attempts.delete(keyOf(claim));
    if (dropped > 0) await ports.journal.append(claim, [{ kind: "truncated", lines: dropped }], now);
    return await ports.operations.finish(claim, to, reason, failure, now);
  };
  return { ...ports, journal: { ...ports.journal, append }, operations: { ...ports.operations, finish } };
}

const keyOf = (claim: Claim): string => `${claim.operationId} ${claim.generation}`;

function ofAttempt(attempts: Map<string, Written>, claim: Claim, at: number): Written {
  const known = attempts.get(keyOf(claim)) ?? { characters: 0, dropped: 0, toldAt: at };
  // An attempt that lost its lease never finishes; its successor is the sign to forget it.
  for (const key of attempts.keys()) if (key.startsWith(`${claim.operationId} `) && key !== keyOf(claim)) attempts.delete(key);
  attempts.set(keyOf(claim), known);
  return known;
}

function within(events: readonly OperationEvent[], written: Written, { characters }: OutputBounds): readonly OperationEvent[] {
  return events.filter((event) => {
    if (event.kind !== "output") return true;
    const size = event.lines.reduce((n, text) => n + text.length + 1, 0);
    if (written.characters + size > characters) {
      written.dropped += event.lines.length;
      return false;
    }
    written.characters += size;
    return true;
  });
}

/** What was left out earlier is told before the events that are kept now, what was left out among them after. */
function withCounts(
  before: number,
  kept: readonly OperationEvent[],
  written: Written,
  at: number,
  { tellMs }: OutputBounds,
): readonly OperationEvent[] {
  const due = kept.length > 0 || at - written.toldAt >= tellMs;
  if (written.dropped === 0 || !due) return kept;
  const told = [...count(before), ...kept, ...count(written.dropped - before)];
  Object.assign(written, { dropped: 0, toldAt: at });
  return told;
}

const count = (lines: number): readonly OperationEvent[] => (lines > 0 ? [{ kind: "truncated", lines }] : []);

/** The same events with a count in place of their output. */
export function withoutOutput(events: readonly OperationEvent[]): readonly OperationEvent[] {
  const lines = events.reduce((n, e) => n + (e.kind === "output" ? e.lines.length : 0), 0);
  return lines === 0 ? events : [...events.filter((e) => e.kind !== "output"), { kind: "truncated", lines }];
}
