import { message } from "#app/domain/message/message.ts";
import { reported } from "#app/domain/message/message.ts";
import { describe, expect, it } from "vitest";
import type { Failure } from "#app/domain/operation/failure.ts";
import { type Circumstances, outcomeOf } from "./exit-outcome.ts";

const verdict: Failure = {
  step: "a",
  machine: null,
  phase: "ready",
  cause: "engine-hung",
  reasons: [reported("it hangs")],
  lastOutput: [],
  next: "resume",
};
const done = { result: "succeeded", rows: [] } as const;
const killed = message("run-killed", { signal: "SIGKILL" });
const outcome = (c: Partial<Circumstances>) =>
  outcomeOf({ said: null, ending: { reason: killed, line: null }, verdict: null, cancelled: false, shortOfMemory: false, ...c });

describe("what a run amounts to", () => {
  it("is success when it reported success, whatever came after", () => {
    expect(outcome({ said: done, verdict, cancelled: true })).toBe(done);
  });

  it("is the watchdog's verdict when that ended it", () => {
    expect(outcome({ verdict })).toEqual({ result: "failed", failure: verdict });
    expect(outcome({ verdict, said: { result: "cancelled" } })).toEqual({ result: "failed", failure: verdict });
  });

  it("is cancelled when a person ended it by force, and a crash when nobody knows why", () => {
    expect(outcome({ cancelled: true })).toEqual({ result: "cancelled" });
    expect(outcome({})).toEqual({ result: "crashed", reasons: [killed] });
  });

  it.each([
    ["out-of-memory", { shortOfMemory: true }],
    [
      "out-of-memory",
      {
        ending: {
          reason: message("run-killed", { signal: "SIGABRT" }),
          line: "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        },
      },
    ],
    ["out-of-memory", { said: { result: "crashed", reasons: [message("engine-killed", { signal: "SIGKILL" })] }, shortOfMemory: true }],
    ["out-of-files", { ending: { reason: message("run-ended", { code: "1" }), line: "Error: EMFILE: too many open files, open '/x'" } }],
    ["out-of-disk", { ending: { reason: message("run-ended", { code: "1" }), line: "Error: ENOSPC: no space left on device, write" } }],
  ] as const)("is %s when the process ended for want of it", (cause, c) => {
    expect(outcome(c)).toMatchObject({ result: "failed", failure: { cause } });
  });

  it("does not blame memory for another end while others were short of it", () => {
    expect(outcome({ ending: { reason: message("run-ended", { code: "1" }), line: null }, shortOfMemory: true }).result).toBe("crashed");
  });
});
