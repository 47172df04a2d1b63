/** Why a program did not do what it was run for. It follows a message that says what the program was run for. Pure. */
import { type Message, message, reported } from "./message.ts";

/** How a program ended; the fields are those of an execa result. */
export interface ProgramEnd {
  readonly stderr?: string | undefined;
  readonly timedOut?: boolean | undefined;
  /** Of the operating system, when it could not be started. */
  readonly code?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
}

/** What the program printed; where it printed nothing, how it ended. `seconds`: how long it was waited for. */
export function programReason(program: string, end: ProgramEnd, seconds: number): Message {
  if (end.timedOut) return message("no-answer", { seconds });
  if (end.code === "ENOENT") return message("program-missing", { program });
  const lines = (end.stderr ?? "").split("\n").map((line) => line.replace(/^error: /, "").trim());
  const printed = lines.filter((line) => line !== "").join(": ");
  return printed === "" ? endOf(program, end) : reported(printed);
}

function endOf(program: string, { code, exitCode, signal }: ProgramEnd): Message {
  if (signal !== undefined) return message("program-killed", { program, signal });
  if (exitCode !== undefined) return message("program-ended", { program, code: exitCode });
  return code === undefined ? message("program-not-started", { program }) : message("program-refused", { program, code });
}
