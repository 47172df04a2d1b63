/** What a run amounts to, judged by how its process ended, what it said before, and why it was ended. */
import type { ChildProcess } from "node:child_process";
import { classifyFailure } from "#app/domain/operation/classify-failure.ts";
import type { Failure, FailureCause } from "#app/domain/operation/failure.ts";
import type { StackResult } from "#app/ports/stack-engine.ts";

export interface Ending {
  /** In words without secrets: of the error output only a known kind of line is repeated. */
  readonly words: string;
  /** A known line of the error output. */
  readonly line: string | null;
}

/** Resolves when the process is gone and its error output was read to its end. */
export function ended(child: ChildProcess): Promise<Ending> {
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-16_000);
    if (process.env.BERTH_TESTS === "1" && text.includes("failpoint ")) process.stderr.write(text);
  });
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ words: `starting the run's process: ${error.message}`, line: error.message }));
    child.once("close", (code, signal) => {
      const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
      const line = /^(?:\w*Error(?: \[\w+\])?: |FATAL ERROR: ).*$/m.exec(stderr)?.[0].slice(0, 300) ?? null;
      resolve({ words: `the run's process ${how}${line === null ? "" : ` (${line})`}`, line });
    });
  });
}

export interface Circumstances {
  /** What the child said last; null when it died without a word. */
  readonly said: StackResult | null;
  readonly ending: Ending;
  /** Why the watchdog gave the run up; null when it did not. */
  readonly verdict: Failure | null;
  /** A person, or the end of the worker, wanted it to stop. */
  readonly cancelled: boolean;
  /** While it ran the kernel ended processes for want of memory. */
  readonly shortOfMemory: boolean;
}

export function outcomeOf({ said, ending, verdict, cancelled, shortOfMemory }: Circumstances): StackResult {
  if (said?.result === "succeeded") return said;
  if (verdict !== null) return { result: "failed", failure: verdict };
  if (said !== null && said.result !== "crashed") return said;
  if (cancelled) return { result: "cancelled" };
  const reason = said?.reason ?? ending.words;
  const cause = resourceCause(`${reason} ${ending.line ?? ""}`, shortOfMemory);
  return cause === null ? { result: "crashed", reason } : { result: "failed", failure: spent(cause, reason) };
}

/** A run that ended for want of something ends the same way when it is simply started again: that is not a crash to go on from. */
function resourceCause(text: string, shortOfMemory: boolean): FailureCause | null {
  const { cause } = classifyFailure({ step: null, message: text, lastOutput: [] });
  if (cause === "out-of-memory" || cause === "out-of-files" || cause === "out-of-disk") return cause;
  return shortOfMemory && text.includes("SIGKILL") ? "out-of-memory" : null;
}

const spent = (cause: FailureCause, reason: string): Failure => {
  const message = cause === "out-of-memory" && reason.includes("SIGKILL") ? `${reason}: the kernel was out of memory` : reason;
  return classifyFailure({ step: null, message, lastOutput: [], known: cause });
};
