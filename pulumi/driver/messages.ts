/** What the worker and the child process of one run say to each other. */
import type { StackResult, RunRequest } from "#app/ports/stack-engine.ts";
import type { OperationEvent } from "#app/domain/operation/event.ts";

/** Read once from the child's standard input, as JSON. */
export interface ChildOrder {
  readonly run: RunRequest;
  /** `settle`: only resolve what an interrupted run left pending. `look`: compare state and host, write nothing. */
  readonly mode: "run" | "settle" | "look";
  readonly home: string;
  readonly engineFolder: string;
  /** Module with the inline program, as a URL or absolute path. */
  readonly programModule: string;
  readonly parallel: number;
  /** How many earlier states of the stack are kept. */
  readonly keptStates: number;
}

export type FromChild =
  /** Sent every second; `signs` grows with everything that the engine does, also with what becomes no event. */
  | { readonly kind: "alive"; readonly signs: number }
  | { readonly kind: "events"; readonly events: readonly OperationEvent[] }
  /** `cliProcesses`: how many processes of the CLI the run took. */
  | { readonly kind: "result"; readonly result: StackResult; readonly cliProcesses: number };

export type ToChild =
  /** The last batch of events is safe; the next may come. */
  | { readonly kind: "ack" }
  /** 1: no new steps, running ones are asked to stop. 2: stop at once. `watchdog`: it was given up, nobody cancelled. */
  | { readonly kind: "stop"; readonly rung: 1 | 2; readonly by: "person" | "watchdog" };
