/** Why a program did not do what it was run for, as part of an error's sentence. Pure. */

/** How a program ended; the fields are those of an execa result. */
export interface ProgramEnd {
  readonly stderr?: string | undefined;
  readonly timedOut?: boolean | undefined;
  /** Of the operating system, when it could not be started. */
  readonly code?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
}

/** Never empty: where the program printed nothing, how it ended. `seconds`: how long it was waited for. */
export function programReason(program: string, end: ProgramEnd, seconds: number): string {
  if (end.timedOut) return `no answer within ${seconds} s`;
  if (end.code === "ENOENT") return `the program ${program} is not installed`;
  const lines = (end.stderr ?? "").split("\n").map((line) => line.replace(/^error: /, "").trim());
  return lines.filter((line) => line !== "").join(": ") || endOf(program, end);
}

function endOf(program: string, { code, exitCode, signal }: ProgramEnd): string {
  if (signal !== undefined) return `${program} was ended by ${signal}`;
  if (exitCode !== undefined) return `${program} ended with exit code ${exitCode} and printed no reason`;
  return `${program} could not be started (${code ?? "no reason known"})`;
}
