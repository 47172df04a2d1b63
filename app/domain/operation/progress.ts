/**
 * The state of an operation as a fold over its journal. Server, first paint and browser use this one reducer, so all
 * viewers agree, a reload loses nothing and an entry that arrives twice changes nothing.
 */
import type { Message } from "#app/domain/message/message.ts";
import type { Change } from "#app/domain/plan/plan.ts";
import {
  type CancelRung,
  type ExpectedStep,
  type JournalEntry,
  type OperationEvent,
  type OutputSource,
  type Phase,
  phases,
  type StepRef,
  type WaitingReason,
} from "./event.ts";
import type { Failure } from "./failure.ts";
import { isOver, type OperationState } from "./operation.ts";

/** `skipped`: the operation ended before it was finished or even begun. */
export type RowStatus = "planned" | "running" | "done" | "failed" | "skipped";

export interface RowProgress extends StepRef {
  readonly change: Change;
  readonly status: RowStatus;
  /** Epoch milliseconds. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

export interface OutputTail {
  readonly machine: string | null;
  readonly source: OutputSource;
  /** Oldest first. */
  readonly lines: readonly string[];
  /** When each of these lines came, epoch milliseconds. */
  readonly times: readonly number[];
  /** Earlier lines that are no longer held here. */
  readonly dropped: number;
}

export interface Notice {
  readonly at: number;
  readonly level: "note" | "warning" | "error";
  readonly machine: string | null;
  readonly message: Message;
}

export interface Progress {
  /** seq of the last entry folded; 0 when none. */
  readonly cursor: number;
  /** An entry after a hole arrived and was left out: read on from `cursor`. Cleared by the next one that fits. */
  readonly gap: boolean;
  readonly state: OperationState;
  readonly reasons: readonly Message[];
  /** When it first ran; when it ended (null while it continues). Epoch milliseconds. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Name of the person who asked for the cancel that is not answered yet. */
  readonly cancelRequestedBy: string | null;
  /** How far the cancel of this attempt has come, and what existed then; null before it was heard. */
  readonly cancelling: { readonly at: number; readonly rung: CancelRung; readonly stays: readonly Message[] } | null;
  /** What it stands still for, and since when; null while it continues. */
  readonly waiting: { readonly at: number; readonly reason: WaitingReason; readonly detail: string } | null;
  /** Oldest first. */
  readonly recoveries: readonly { readonly at: number; readonly automatic: boolean; readonly did: readonly Message[] }[];
  /** In the order of the plan. */
  readonly rows: readonly RowProgress[];
  readonly outputs: readonly OutputTail[];
  readonly notices: readonly Notice[];
  readonly failure: Failure | null;
  readonly planId: string | null;
  readonly summary: Extract<OperationEvent, { kind: "summary" }> | null;
  /** Lines that the journal itself dropped. */
  readonly truncatedLines: number;
  /** How often it was started. */
  readonly attempts: number;
}

export const tailLines = 500;
const noticeLimit = 100;

export const emptyProgress: Progress = {
  cursor: 0,
  gap: false,
  state: "queued",
  reasons: [],
  startedAt: null,
  endedAt: null,
  cancelRequestedBy: null,
  cancelling: null,
  waiting: null,
  recoveries: [],
  rows: [],
  outputs: [],
  notices: [],
  failure: null,
  planId: null,
  summary: null,
  truncatedLines: 0,
  attempts: 0,
};

/** Folds one entry. Entries at or before the cursor change nothing; one after a hole only sets `gap`. */
export function reduce(progress: Progress, entry: JournalEntry): Progress {
  if (entry.seq <= progress.cursor) return progress;
  if (entry.seq > progress.cursor + 1) return progress.gap ? progress : { ...progress, gap: true };
  return { ...fold(progress, entry.event, entry.at), cursor: entry.seq, gap: false };
}

export const replay = (entries: readonly JournalEntry[], from: Progress = emptyProgress): Progress => entries.reduce(reduce, from);

function fold(p: Progress, event: OperationEvent, at: number): Progress {
  switch (event.kind) {
    case "state":
      return moveTo(p, event.to, event.reasons, at);
    case "expected":
      return { ...p, rows: expect(p.rows, event.rows) };
    case "step":
      return { ...p, rows: stepped(p.rows, event, at) };
    case "output":
      return { ...p, outputs: appended(p.outputs, event, at) };
    case "notice":
      return {
        ...p,
        notices: [...p.notices, { at, level: event.level, machine: event.machine, message: event.message }].slice(-noticeLimit),
      };
    case "cancel-requested":
      return { ...p, cancelRequestedBy: event.by };
    case "planned":
      return { ...p, planId: event.planId };
    case "failure":
      return { ...p, failure: event.failure };
    case "summary":
      return { ...p, summary: event };
    case "truncated":
      return { ...p, truncatedLines: p.truncatedLines + event.lines };
    case "cancel-rung":
      return { ...p, cancelling: { at, rung: event.rung, stays: event.stays } };
    case "recovery":
      return { ...p, recoveries: [...p.recoveries, { at, automatic: event.automatic, did: event.did }].slice(-noticeLimit) };
    case "waiting":
      return { ...p, waiting: { at: since(p, event.reason, at), reason: event.reason, detail: event.detail } };
    case "going-on":
      return { ...p, waiting: null };
  }
}

/** Said again, it has still been waiting since the first time. */
const since = (p: Progress, reason: WaitingReason, at: number): number => (p.waiting?.reason === reason ? p.waiting.at : at);

function moveTo(p: Progress, state: OperationState, reasons: readonly Message[], at: number): Progress {
  if (state === "queued") {
    // Resume: what was done stays done, what was not is ahead again.
    return {
      ...p,
      state,
      reasons,
      endedAt: null,
      cancelRequestedBy: null,
      cancelling: null,
      waiting: null,
      failure: null,
      summary: null,
      rows: p.rows.map(ahead),
    };
  }
  if (state === "running")
    return { ...p, state, reasons, startedAt: p.startedAt ?? at, endedAt: null, waiting: null, attempts: p.attempts + 1 };
  const cancelRequestedBy = isOver(state) ? null : p.cancelRequestedBy;
  return {
    ...p,
    state,
    reasons,
    endedAt: at,
    cancelRequestedBy,
    waiting: null,
    rows: p.rows.map(state === "succeeded" ? settled : leftBehind),
  };
}

const ahead = (row: RowProgress): RowProgress =>
  row.status === "done" ? row : { ...row, status: "planned", startedAt: null, endedAt: null };

const leftBehind = (row: RowProgress): RowProgress =>
  row.status === "planned" || row.status === "running" ? { ...row, status: "skipped" } : row;

/** Nothing of a row was left to do when the engine came to it: an earlier attempt had done it and died before it reported it. */
const settled = (row: RowProgress): RowProgress =>
  row.status === "planned" || row.status === "running" ? { ...row, status: "done" } : row;

/** What an earlier attempt did is not ahead again; where the engine does it once more after all, it reports it. */
function expect(rows: readonly RowProgress[], expected: readonly ExpectedStep[]): readonly RowProgress[] {
  const old = new Map(rows.map((r) => [r.urn, r]));
  const listed = expected.map((step) => {
    const known = old.get(step.urn);
    return known?.status === "done" || (known?.status === "running" && step.change === "same") ? known : planned(step);
  });
  const urns = new Set(expected.map((s) => s.urn));
  return [...rows.filter((r) => !urns.has(r.urn) && r.status !== "planned"), ...listed];
}

const planned = (step: ExpectedStep): RowProgress => ({ ...step, status: "planned", startedAt: null, endedAt: null });

function stepped(rows: readonly RowProgress[], event: Extract<OperationEvent, { kind: "step" }>, at: number): readonly RowProgress[] {
  const { step, change, status } = event;
  const known = rows.find((r) => r.urn === step.urn);
  if (!known) return [...rows, move({ ...step, change, status: "planned", startedAt: null, endedAt: null }, status, at)];
  // "Unchanged" about a row that this operation made earlier must not undo its story.
  if (change === "same" && known.change !== "same" && known.status === "done") return rows;
  return rows.map((r) => (r === known ? move({ ...r, change }, status, at) : r));
}

const move = (row: RowProgress, status: "running" | "done" | "failed", at: number): RowProgress => ({
  ...row,
  status,
  startedAt: status === "running" && row.status !== "running" ? at : (row.startedAt ?? at),
  endedAt: status === "running" ? null : at,
});

function appended(outputs: readonly OutputTail[], event: Extract<OperationEvent, { kind: "output" }>, at: number): readonly OutputTail[] {
  const same = (o: OutputTail) => o.machine === event.machine && o.source === event.source;
  const old = outputs.find(same) ?? { machine: event.machine, source: event.source, lines: [], times: [], dropped: 0 };
  const longer = { ...old, lines: [...old.lines, ...event.lines], times: [...old.times, ...event.lines.map(() => at)] };
  const tail = newestLines(longer, tailLines);
  return outputs.some(same) ? outputs.map((o) => (same(o) ? tail : o)) : [...outputs, tail];
}

/** The same output with at most `count` lines. */
export function newestLines(tail: OutputTail, count: number): OutputTail {
  const lines = tail.lines.slice(-count);
  return { ...tail, lines, times: tail.times.slice(-count), dropped: tail.dropped + tail.lines.length - lines.length };
}

export interface Span {
  readonly from: number;
  readonly to: number | null;
}

export interface PhaseProgress {
  readonly phase: Phase;
  readonly status: RowStatus;
  readonly begun: boolean;
  /** When something of it was under way: in order, without overlaps; `to` is null for what still is. Epoch milliseconds. */
  readonly spans: readonly Span[];
  readonly done: number;
  readonly total: number;
}

/** Phases in the order in which these rows go through them: a teardown goes backwards. */
export function phasesOf(rows: readonly { readonly change: Change }[]): readonly Phase[] {
  const work = rows.filter((r) => r.change !== "same");
  return work.length > 0 && work.every((r) => r.change === "delete") ? phases.toReversed() : phases;
}

/** The stepper: phases in which something is to be done, in their order. */
export function phaseProgress(progress: Progress): readonly PhaseProgress[] {
  const work = progress.rows.filter((r) => r.change !== "same");
  return phasesOf(work).flatMap((phase) => {
    const rows = work.filter((r) => r.phase === phase);
    return rows.length === 0 ? [] : [onePhase(phase, rows)];
  });
}

function onePhase(phase: Phase, rows: readonly RowProgress[]): PhaseProgress {
  return {
    phase,
    status: phaseStatus(rows),
    begun: rows.some((r) => r.startedAt !== null),
    spans: merged(rows.flatMap(spanOf)),
    done: rows.filter((r) => r.status === "done").length,
    total: rows.length,
  };
}

/** A row that was cut off has no end, and nobody knows how long it was under way. */
const spanOf = ({ status, startedAt, endedAt }: RowProgress): readonly Span[] =>
  startedAt === null || (endedAt === null && status !== "running") ? [] : [{ from: startedAt, to: endedAt }];

function merged(spans: readonly Span[]): readonly Span[] {
  const all: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const last = all.at(-1);
    if (last === undefined || (last.to !== null && last.to < span.from)) all.push(span);
    else all[all.length - 1] = { from: last.from, to: last.to === null || span.to === null ? null : Math.max(last.to, span.to) };
  }
  return all;
}

function phaseStatus(rows: readonly RowProgress[]): RowStatus {
  const some = (status: RowStatus) => rows.some((r) => r.status === status);
  if (some("failed")) return "failed";
  if (some("running") || (some("done") && some("planned"))) return "running";
  if (some("planned")) return "planned";
  return some("skipped") ? "skipped" : "done";
}

/** Seconds in which something of the phase was under way, up to `now` while it is; null before it began. */
export function elapsedSeconds({ spans }: Pick<PhaseProgress, "spans">, now: number): number | null {
  return spans.length === 0 ? null : spans.reduce((sum, { from, to }) => sum + Math.max(0, (to ?? now) - from), 0) / 1000;
}

export interface Totals {
  readonly done: number;
  readonly failed: number;
  /** Rows with something to do. */
  readonly total: number;
}

export function totals(progress: Progress): Totals {
  const work = progress.rows.filter((r) => r.change !== "same");
  const count = (status: RowStatus) => work.filter((r) => r.status === status).length;
  return { done: count("done"), failed: count("failed"), total: work.length };
}

/** The phase that a person would name when asked what it is doing. */
export const currentPhase = (progress: Progress): PhaseProgress | null => {
  const all = phaseProgress(progress);
  return all.find((p) => p.status === "failed") ?? all.findLast((p) => p.status === "running") ?? null;
};

/** Output of one machine (null: of the operation as a whole) from one source. */
export const outputOf = (progress: Progress, machine: string | null, source: OutputSource): OutputTail | null =>
  progress.outputs.find((o) => o.machine === machine && o.source === source) ?? null;
