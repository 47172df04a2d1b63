/** What a run amounts to, judged by how its process ended, what it said before, and why it was ended. */
import type { ChildProcess } from "node:child_process";
import { type Message, message, reported, wordsIn } from "#app/domain/message/message.ts";
import { classifyFailure } from "#app/domain/operation/classify-failure.ts";
import type { Failure, FailureCause } from "#app/domain/operation/failure.ts";
import type { StackResult } from "#app/ports/stack-engine.ts";

export interface Ending {
  /** Without secrets: of the error output only a known kind of line is repeated. */
  readonly reason: Message;
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
    child.once("error", (error) => resolve({ reason: message("run-not-started", { line: error.message }), line: error.message }));
    child.once("close", (code, signal) => {
      const line = /^(?:\w*Error(?: \[\w+\])?: |FATAL ERROR: ).*$/m.exec(stderr)?.[0].slice(0, 300) ?? null;
      resolve({ reason: endOf(code, signal, line), line });
    });
  });
}

function endOf(code: number | null, signal: string | null, line: string | null): Message {
  if (signal !== null) return line === null ? message("run-killed", { signal }) : message("run-killed-saying", { signal, line });
  return line === null ? message("run-ended", { code: String(code) }) : message("run-ended-saying", { code: String(code), line });
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
  const reasons = said?.reasons ?? [ending.reason];
  const cause = resourceCause(`${wordsIn(reasons)} ${ending.line ?? ""}`, shortOfMemory);
  return cause === null ? { result: "crashed", reasons } : { result: "failed", failure: spent(cause, reasons) };
}

/** A run that ended for want of something ends the same way when it is simply started again: that is not a crash to continue from. */
function resourceCause(text: string, shortOfMemory: boolean): FailureCause | null {
  const { cause } = classifyFailure({ step: null, reasons: [reported(text)], lastOutput: [] });
  if (cause === "out-of-memory" || cause === "out-of-files" || cause === "out-of-disk") return cause;
  return shortOfMemory && text.includes("SIGKILL") ? "out-of-memory" : null;
}

function spent(cause: FailureCause, reasons: readonly Message[]): Failure {
  const killed = cause === "out-of-memory" && wordsIn(reasons).includes("SIGKILL");
  return classifyFailure({
    step: null,
    reasons: killed ? [...reasons, message("kernel-out-of-memory")] : reasons,
    lastOutput: [],
    known: cause,
  });
}
