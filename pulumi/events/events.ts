/**
 * The one door through which engine events enter Berth: raw events in, {@link OperationEvent}s out, with nothing
 * foreign and nothing secret left in them. A translator belongs to one run and remembers what it needs for the plan's
 * rows and for the failure card; it does no input or output.
 */
import type { StepTable } from "#app/domain/cluster/steps.ts";
import { reported } from "#app/domain/message/message.ts";
import { type ConsolePlace, type OperationEvent, type StepRef, stepRefOf } from "#app/domain/operation/event.ts";
import type { Change, PlanRow } from "#app/domain/plan/plan.ts";
import { classifyRow, isStep } from "#app/domain/plan/rows.ts";
import { type EngineEvent, type EventMetadata, parseEngineEvent } from "./engine-event.ts";
import type { Scrubber } from "./scrub.ts";

/** What went wrong, as far as the events tell. */
export interface FailureFacts {
  readonly step: StepRef | null;
  /** Scrubbed. */
  readonly message: string | null;
  readonly lastOutput: readonly string[];
}

export interface Translator {
  /** Never throws on what the engine sends; unknown events give nothing. */
  translate(raw: unknown): readonly OperationEvent[];
  /** Lines of a machine's serial console, without line ends, and where they end. */
  console(machine: string, lines: readonly string[], place: ConsolePlace): readonly OperationEvent[];
  /** One row per resource seen, in the engine's order. */
  rows(): readonly PlanRow[];
  failure(): FailureFacts;
  result(): "succeeded" | "failed" | "cancelled" | null;
}

const keptLines = 20;

/**
 * `table`: what the resources are. `planning`: a preview, whose steps are rows of a plan and not progress. `readsFirst`: the run
 * reads the host before it
 * acts, and what that reading finds is no step of its own.
 */
export function createTranslator(scrubber: Scrubber, table: StepTable, planning: boolean, readsFirst = false): Translator {
  const rows = new Map<string, PlanRow>();
  const replaced = new Set<string>();
  const finished = new Set<string>();
  const reading = new Set<string>();
  const tails = new Map<string, string[]>();
  const errors: { readonly urn: string | null; readonly message: string }[] = [];
  let failed: StepRef | null = null;
  let result: ReturnType<Translator["result"]> = null;

  const refOf = (urn: string): StepRef => {
    const row = rows.get(urn);
    if (row) return stepRefOf(row);
    const { type, name } = partsOf(urn);
    return stepRefOf({ urn, name, type, ...classifyRow(table, { type, name, change: "same", changed: [] }) });
  };

  const remember = (metadata: EventMetadata, change: Change) => {
    const { type, name } = partsOf(metadata.urn);
    const changed = changedPaths(metadata);
    rows.set(metadata.urn, { urn: metadata.urn, type, name, change, changed, ...classifyRow(table, { type, name, change, changed }) });
  };

  const keepTail = (key: string, lines: readonly string[]) => {
    tails.set(key, [...(tails.get(key) ?? []), ...lines].slice(-keptLines));
  };

  /** Of a machine that was not reached its console says more than the dialling does. */
  const tailOf = ({ urn, phase, machine }: StepRef): readonly string[] => {
    const [console, own] = [tails.get(`console ${machine}`), tails.get(urn)];
    return (phase === "boot" || phase === "ssh" ? (console ?? own) : (own ?? console)) ?? [];
  };

  const step = (metadata: EventMetadata, status: "running" | "done" | "failed"): readonly OperationEvent[] => {
    const change = changeOf(metadata.op);
    if (change === null || !isShown(table, metadata)) return [];
    if (metadata.op === "create-replacement" && status === "done") replaced.add(metadata.urn);
    if (!(change === "same" && rows.has(metadata.urn))) remember(metadata, change);
    // The first half of a replacement is not its end, and taking away the old one after it is no step: its row is done.
    const half = metadata.op === "delete-replaced" && !replaced.has(metadata.urn) && status === "done";
    const afterwards = metadata.op === "delete-replaced" && replaced.has(metadata.urn) && status !== "failed";
    if (status === "done" && !half) finished.add(metadata.urn);
    if (planning || change === "same" || half || afterwards) return [];
    return [{ kind: "step", step: refOf(metadata.urn), change, status }];
  };

  const failing = (metadata: EventMetadata): readonly OperationEvent[] => {
    const events = step(metadata, "failed");
    if (isShown(table, metadata)) failed ??= refOf(metadata.urn);
    return events;
  };

  const output = (urn: string, message: string): readonly OperationEvent[] => {
    const { machine, name } = refOf(urn);
    const lines = linesOf(message).map((l) => scrubber.line(urn, l));
    keepTail(urn, lines);
    return lines.map((line): OperationEvent => {
      const left = leftOut(line);
      return left === null ? { kind: "output", source: "command", machine, step: name, lines: [line] } : { kind: "truncated", lines: left };
    });
  };

  const diagnostic = (d: NonNullable<EngineEvent["diagnosticEvent"]>): readonly OperationEvent[] => {
    const urn = d.urn === undefined || d.urn === "" ? null : d.urn;
    if (d.ephemeral && urn !== null && d.severity.startsWith("info")) return mergeOutput(output(urn, d.message));
    if (d.ephemeral) return [];
    const message = withoutTrace(scrubber.text(d.message));
    if (message === "" || isEcho(message) || errors.some((e) => e.message === message)) return [];
    if (d.severity === "error") errors.push({ urn, message });
    const machine = urn === null || urn.includes("pulumi:pulumi:Stack") ? null : refOf(urn).machine;
    return [{ kind: "notice", level: levelOf(d.severity), machine, message: reported(message) }];
  };

  /** Counted here: the engine's own counts hold providers, components and the stack as well. */
  const changes = (): Partial<Record<Change, number>> => {
    const counts: Partial<Record<Change, number>> = {};
    for (const { urn, change } of rows.values()) {
      if (planning || finished.has(urn)) counts[change] = (counts[change] ?? 0) + 1;
    }
    return counts;
  };

  const summary = (s: NonNullable<EngineEvent["summaryEvent"]>): readonly OperationEvent[] => {
    result = resultOf(s.result);
    const ending = result ?? (errors.length > 0 ? "failed" : "succeeded");
    return [{ kind: "summary", result: ending, changes: changes(), seconds: s.durationSeconds }];
  };

  return {
    translate(raw) {
      const event = parseEngineEvent(raw);
      if (event === null) return [];
      if (event.diagnosticEvent) return diagnostic(event.diagnosticEvent);
      if (event.resourcePreEvent) {
        const { op, urn } = event.resourcePreEvent.metadata;
        if (readsFirst && op === "refresh") reading.add(urn);
        return step(event.resourcePreEvent.metadata, "running");
      }
      if (event.resOutputsEvent)
        return reading.delete(event.resOutputsEvent.metadata.urn) ? [] : step(event.resOutputsEvent.metadata, "done");
      if (event.resOpFailedEvent) return failing(event.resOpFailedEvent.metadata);
      if (event.summaryEvent) return summary(event.summaryEvent);
      if (event.errorEvent) return errorNotice(scrubber, errors, event.errorEvent.error);
      return [];
    },
    console(machine, raw, place) {
      const lines = raw.map((l) => scrubber.line(`console ${machine}`, l)).filter((l) => l !== "");
      if (lines.length === 0) return [];
      keepTail(`console ${machine}`, lines);
      return [{ kind: "output", source: "console", machine, step: null, lines, place }];
    },
    rows: () => [...rows.values()],
    failure() {
      const own = errors.find((e) => e.urn === failed?.urn) ?? errors[0];
      const tail = failed === null ? [] : tailOf(failed);
      return { step: failed, message: own?.message ?? null, lastOutput: tail };
    },
    result: () => result,
  };
}

/** Puts neighbouring output of one source together, at most `most` lines in one event. */
export function mergeOutput(events: readonly OperationEvent[], most = 200): OperationEvent[] {
  const out: OperationEvent[] = [];
  for (const event of events) {
    const last = out.at(-1);
    if (event.kind !== "output" || last?.kind !== "output" || !sameSource(last, event)) out.push(event);
    else if (last.lines.length + event.lines.length > most) out.push(event);
    else out[out.length - 1] = { ...event, lines: [...last.lines, ...event.lines] };
  }
  return out;
}

type Output = Extract<OperationEvent, { kind: "output" }>;
const sameSource = (a: Output, b: Output): boolean => a.source === b.source && a.machine === b.machine && a.step === b.step;

function errorNotice(scrubber: Scrubber, errors: { urn: string | null; message: string }[], text: string): readonly OperationEvent[] {
  const message = scrubber.text(text).trim();
  errors.push({ urn: null, message });
  return [{ kind: "notice", level: "error", machine: null, message: reported(message) }];
}

/** `urn:pulumi:<stack>::<project>::<parent types$type>::<name>`; names may hold "::". */
export function partsOf(urn: string): { readonly type: string; readonly name: string } {
  const [, , types = "", ...name] = urn.split("::");
  return { type: types.split("$").at(-1) ?? types, name: name.join("::") };
}

/** Providers, the stack itself and components are structure, not steps. */
function isShown(table: StepTable, metadata: EventMetadata): boolean {
  const { type, name } = partsOf(metadata.urn);
  return isStep(table, type, name) && (metadata.new ?? metadata.old)?.custom !== false;
}

function changeOf(op: string): Change | null {
  switch (op) {
    case "same":
    case "create":
    case "update":
    case "delete":
      return op;
    case "create-replacement":
    case "delete-replaced":
    case "replace":
      return op === "replace" ? null : "replace";
    default:
      return null;
  }
}

const changedPaths = (metadata: EventMetadata): readonly string[] =>
  [...new Set([...Object.keys(metadata.detailedDiff ?? {}), ...(metadata.diffs ?? [])])].filter((path) => !path.startsWith("__")).sort();

function resultOf(result: string | undefined): "succeeded" | "failed" | "cancelled" | null {
  switch (result) {
    case "succeeded":
    case "failed":
      return result;
    case "canceled":
      return "cancelled";
    default:
      return null;
  }
}

const levelOf = (severity: string): "note" | "warning" | "error" =>
  severity === "error" ? "error" : severity === "warning" ? "warning" : "note";

/** Without the trace of a program that threw, which says nothing to a person and names paths of this machine. */
const withoutTrace = (message: string): string =>
  message
    .replace(/^Unhandled exception: (?:\w*Error: )?/, "")
    .split("\n")
    .filter((line) => !/^\s+at /.test(line))
    .join("\n")
    .trim();

/** How many lines the command provider left out of a flood; null for any other line. */
const leftOut = (line: string): number | null => {
  const count = /^… (\d{1,12}) lines left out …$/.exec(line)?.[1];
  return count === undefined ? null : Number(count);
};

/** The engine repeats "update failed" for the stack after the real cause. */
const isEcho = (message: string): boolean => /^(error: )?(update|preview|destroy|refresh) failed$/.test(message);

const linesOf = (message: string): string[] => message.replace(/\r?\n$/, "").split(/\r?\n/);
