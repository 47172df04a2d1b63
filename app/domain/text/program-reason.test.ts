import { expect, it } from "vitest";
import { programReason } from "./program-reason.ts";

it.each([
  ["a program that is missing", { code: "ENOENT", stderr: "" }, "the program ip is not installed"],
  ["a program that may not be run", { code: "EACCES", stderr: "" }, "ip could not be started (EACCES)"],
  ["a time-out, whatever was printed", { timedOut: true, signal: "SIGTERM", stderr: "half a" }, "no answer within 10 s"],
  ["a signal", { signal: "SIGKILL", stderr: "" }, "ip was ended by SIGKILL"],
  ["an exit code alone", { exitCode: 3, stderr: " \n" }, "ip ended with exit code 3 and printed no reason"],
  ["what was printed, in one line", { exitCode: 1, stderr: "error: Cannot open\nerror: Permission denied\n" }, "Cannot open: Permission denied"],
])("names %s", (_what, end, reason) => {
  expect(programReason("ip", end, 10)).toBe(reason);
});
