/**
 * Which processes belong to a stack. The engine's child, the CLI and its plugins leave each other's process groups and
 * outlive each other, so they are told by a mark in their environment, which every descendant inherits. Linux only.
 */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, markOf, type ProcessMark, signalProcess, startTimeOf } from "#app/foundation/process.ts";

/**
 * Environment variable that every process of a run carries: `<tenantId>/<stackName>#<run id>`. The first part alone
 * means all runs of the stack.
 */
export const runMark = "BERTH_RUN";

/** Living processes with this mark, oldest first. */
export function processesOf(mark: string): readonly ProcessMark[] {
  return pids()
    .filter((pid) => carries(pid, mark))
    .map(markOf)
    .filter((p) => p !== null)
    .sort((a, b) => Number(a.startTime) - Number(b.startTime));
}

/** Sends the signal to every process of the mark; those that are gone already are fine. */
export function signalAll(processes: readonly ProcessMark[], signal: NodeJS.Signals): void {
  for (const p of processes) if (isAlive(p)) signalProcess(p.pid, signal);
}

/**
 * Ends every process of the mark: gives the run's own process and the CLI up to `graceMs` to write the state
 * and end by themselves, then kills what is left, plugins and commands of theirs included. Resolves with how many had
 * to be killed.
 */
export async function endProcessesOf(mark: string, graceMs: number): Promise<number> {
  await waitUntil(() => !processesOf(mark).some(keepsState), graceMs);
  let killed = 0;
  // A process may fork between listing and killing: continue until none is left.
  for (let left = processesOf(mark); left.length > 0; left = processesOf(mark)) {
    killed += left.length;
    signalAll(left, "SIGKILL");
    await waitUntil(() => !left.some(isAlive), 5_000);
  }
  return killed;
}

/** Plugins without a CLI wait minutes before they give up, and have nothing to write. */
function keepsState({ pid }: ProcessMark): boolean {
  try {
    const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return line[0]?.endsWith("/bin/pulumi") === true || line.some((word) => word.endsWith("/pulumi/child/run.ts"));
  } catch {
    return false;
  }
}

/**
 * Whether a process is about to be gone: the kernel takes its memory first, and with it the command line and the mark, and
 * lists it as running for a while longer. Kernel threads look the same.
 */
export function isEnding(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", "") === "";
  } catch {
    return true;
  }
}

/** Epoch milliseconds at which a process started; null when it is gone. Exact to about a hundredth of a second. */
export function startedAt(pid: number): number | null {
  const ticks = startTimeOf(pid);
  if (ticks === null) return null;
  const booted = /^btime (\d+)$/m.exec(readFileSync("/proc/stat", "latin1"))?.[1];
  // USER_HZ, the unit of this field, is 100 on every Linux that Node runs on.
  return Number(booted) * 1_000 + Number(ticks) * 10;
}

async function waitUntil(done: () => boolean, timeoutMs: number): Promise<boolean> {
  const end = Date.now() + timeoutMs;
  while (!done()) {
    if (Date.now() >= end) return false;
    await sleep(50);
  }
  return true;
}

const pids = (): number[] =>
  readdirSync("/proc")
    .filter((n) => /^\d+$/.test(n))
    .map(Number);

function carries(pid: number, mark: string): boolean {
  try {
    const own = readFileSync(`/proc/${pid}/environ`, "latin1")
      .split("\0")
      .find((v) => v.startsWith(`${runMark}=`));
    return own !== undefined && (own === `${runMark}=${mark}` || own.startsWith(`${runMark}=${mark}#`));
  } catch {
    return false;
  }
}
