/**
 * What set-up does with processes: finds them, ends them, and runs a program line by line. Linux only; everything is read
 * from /proc.
 */
import { readdirSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { type Message, message, MessageError, reported } from "#app/domain/message/message.ts";
import { type ProgramEnd, programReason } from "#app/domain/message/program-reason.ts";
import { isAlive, type ProcessMark, signalProcess } from "./process.ts";

export function allPids(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** The program a process runs, or null when it is gone or a kernel thread. */
export function executableOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return null;
  }
}

/** Resolves to true once all are gone, false when some are left after `timeoutMs`. */
export async function waitGone(marks: readonly ProcessMark[], timeoutMs: number): Promise<boolean> {
  const end = Date.now() + timeoutMs;
  while (marks.some(isAlive)) {
    if (Date.now() > end) return false;
    await sleep(25);
  }
  return true;
}

/** Asks with SIGTERM, insists with SIGKILL after `graceMs`. */
export async function endProcesses(marks: readonly ProcessMark[], graceMs: number): Promise<void> {
  for (const mark of marks) if (isAlive(mark)) signalProcess(mark.pid, "SIGTERM");
  if (await waitGone(marks, graceMs)) return;
  for (const mark of marks) if (isAlive(mark)) signalProcess(mark.pid, "SIGKILL");
  await waitGone(marks, 5_000);
}

export interface LineRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** What is being done, for the error. */
  readonly doing: Message;
  readonly onLine: (line: string) => void;
  readonly signal?: AbortSignal;
  readonly uid?: number;
  readonly gid?: number;
}

/** Runs a program and hands every line of its output over; an exit code other than 0 is a MessageError that says what was being done. */
export async function runLines(run: LineRun): Promise<void> {
  const last: string[] = [];
  const telling: string[] = [];
  const child = execa(run.command, [...run.args], {
    all: true,
    buffer: false,
    reject: false,
    stdin: "ignore",
    ...(run.cwd === undefined ? {} : { cwd: run.cwd }),
    ...(run.env === undefined ? {} : { env: run.env }),
    ...(run.signal === undefined ? {} : { cancelSignal: run.signal }),
    ...(run.uid === undefined ? {} : { uid: run.uid }),
    ...(run.gid === undefined ? {} : { gid: run.gid }),
  });
  for await (const line of child.iterable({ from: "all" })) {
    last.push(line);
    if (last.length > 3) last.shift();
    if (telling.length < 2 && tellingLine.test(line)) telling.push(line);
    run.onLine(line);
  }
  const result = await child;
  if (result.isCanceled) throw new MessageError([run.doing, message("stopped-early")]);
  if (result.exitCode === 0) return;
  const printed = (telling.length > 0 ? telling : last).map((line) => line.trim().slice(0, 300)).join(" | ");
  throw new MessageError([run.doing, ...endOf(run.command, result, printed)]);
}

function endOf(command: string, end: ProgramEnd, printed: string): readonly Message[] {
  if (printed === "") return [programReason(command, end, 0)];
  return [end.exitCode === undefined ? programReason(command, end, 0) : message("exit-code", { code: end.exitCode }), reported(printed)];
}

/** The reason seldom stands in the last line: compilers and apt keep talking. */
const tellingLine = /\b(errors?|could not|cannot|can't|unable|unmet|denied|refused|no space)\b/i;
