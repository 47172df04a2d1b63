import { expect, it } from "vitest";
import { message, reported } from "./message.ts";
import { programReason } from "./program-reason.ts";

it.each([
  ["a program that is missing", { code: "ENOENT", stderr: "" }, message("program-missing", { program: "ip" })],
  ["a program that may not be run", { code: "EACCES", stderr: "" }, message("program-refused", { program: "ip", code: "EACCES" })],
  ["a program that did not start", { stderr: "" }, message("program-not-started", { program: "ip" })],
  ["a time-out, whatever was printed", { timedOut: true, signal: "SIGTERM", stderr: "half a" }, message("no-answer", { seconds: 10 })],
  ["a signal", { signal: "SIGKILL", stderr: "" }, message("program-killed", { program: "ip", signal: "SIGKILL" })],
  ["an exit code alone", { exitCode: 3, stderr: " \n" }, message("program-ended", { program: "ip", code: 3 })],
  [
    "what was printed, in one line",
    { exitCode: 1, stderr: "error: Cannot open\nerror: Permission denied\n" },
    reported("Cannot open: Permission denied"),
  ],
])("names %s", (_what, end, reason) => {
  expect(programReason("ip", end, 10)).toEqual(reason);
});
