/**
 * Everything that can happen in an operation, as journalled and shown. Engine events are translated into this union at
 * one door (`pulumi/events/events.ts`), after which nothing foreign and nothing secret is left in them.
 */
import type { StepKind } from "#app/domain/cluster/steps.ts";
import type { Message } from "#app/domain/message/message.ts";
import type { Change } from "#app/domain/plan/plan.ts";
import type { Failure } from "./failure.ts";
import type { OperationState } from "./operation.ts";

export const phases = ["network", "disks", "boot", "ssh", "init", "cni", "join", "ready"] as const;
export type Phase = (typeof phases)[number];

export type OperationEvent =
  /** Every state change of the operation, first and last entry included. `by` is a person's name, or null for Berth. */
  | { readonly kind: "state"; readonly to: OperationState; readonly reasons: readonly Message[]; readonly by: string | null }
  /** What the run expects to do, once known: lets every viewer draw all rows from the start. */
  | { readonly kind: "expected"; readonly rows: readonly ExpectedStep[] }
  | { readonly kind: "step"; readonly step: StepRef; readonly change: Change; readonly status: "running" | "done" | "failed" }
  /** Command or console lines, oldest first; a batch belongs to one source. */
  | {
      readonly kind: "output";
      readonly source: OutputSource;
      readonly machine: string | null;
      readonly step: string | null;
      readonly lines: readonly string[];
      readonly place?: ConsolePlace | undefined;
    }
  /** The engine or Berth itself has something to say that is not output. */
  | { readonly kind: "notice"; readonly level: "note" | "warning" | "error"; readonly machine: string | null; readonly message: Message }
  | { readonly kind: "cancel-requested"; readonly by: string }
  | { readonly kind: "planned"; readonly planId: string }
  | { readonly kind: "failure"; readonly failure: Failure }
  | {
      readonly kind: "summary";
      readonly result: "succeeded" | "failed" | "cancelled";
      readonly changes: Readonly<Partial<Record<Change, number>>>;
      readonly seconds: number;
    }
  /** Output was dropped to keep the journal bounded: how many lines. */
  | { readonly kind: "truncated"; readonly lines: number }
  /** A rung of the cancel ladder was reached; `stays`: what exists now. */
  | { readonly kind: "cancel-rung"; readonly rung: CancelRung; readonly stays: readonly Message[] }
  /** What an interrupted run left was recovered. */
  | { readonly kind: "recovery"; readonly automatic: boolean; readonly did: readonly Message[] }
  /** It stands still until something outside of it changes. */
  | { readonly kind: "waiting"; readonly reason: WaitingReason; readonly detail: string }
  | { readonly kind: "going-on" };

/** Asked to end by itself, told to end at once, killed; last of all: what was left is recovered. */
export type CancelRung = "asked" | "insisted" | "killed" | "put-in-order";

export type WaitingReason = "disk-full" | "database-busy";

/** Where in a serial console's file the last of its lines ends: the journal itself remembers how far it was read. */
export interface ConsolePlace {
  readonly inode: number;
  /** Bytes. */
  readonly offset: number;
}

export const outputSources = ["command", "console", "engine"] as const;
export type OutputSource = (typeof outputSources)[number];

export const isOutputSource = (text: unknown): text is OutputSource => outputSources.some((source) => source === text);

export interface StepRef {
  readonly urn: string;
  readonly name: string;
  readonly type: string;
  /** What it is; null for resources of other programs. */
  readonly step: StepKind | null;
  readonly phase: Phase;
  readonly machine: string | null;
  /** Name of the machine where its script runs, if any. */
  readonly on: string | null;
  /** Id of the add-on that it is about, if any. */
  readonly addOn?: string | undefined;
}

/** What of a plan's row stands for its step in the journal. */
export const stepRefOf = ({ urn, name, type, step, phase, machine, on, addOn }: StepRef): StepRef => ({
  urn,
  name,
  type,
  step,
  phase,
  machine,
  on,
  ...(addOn === undefined ? {} : { addOn }),
});

export interface ExpectedStep extends StepRef {
  readonly change: Change;
}

export interface JournalEntry {
  readonly operationId: string;
  /** Gap-free from 1 within an operation; the viewer's cursor. */
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly event: OperationEvent;
}
