/** How the command line ends, so that scripts can tell. */
import type { ApiProblem } from "./client.ts";

export const exitCodes = {
  ok: 0,
  /** The operation failed or was cancelled. */
  failed: 1,
  /** Wrong usage, or a value that breaks a rule. */
  invalid: 2,
  /** Refused: no right, not there, stale, does not fit, busy. */
  refused: 3,
  unreachable: 4,
} as const;

/** Ends the program with a sentence and a code. */
export class Ending extends Error {
  override readonly name = "Ending";
  readonly exitCode: number;
  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

export function codeOf({ status }: Pick<ApiProblem, "status">): number {
  if (status === 400 || status === 413 || status === 415 || status === 422) return exitCodes.invalid;
  return status >= 500 ? exitCodes.unreachable : exitCodes.refused;
}
