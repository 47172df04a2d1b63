/** One process as the kernel tells it. Linux only; everything is read from /proc. */
import { readFileSync } from "node:fs";

/** A process as it can be found again: a pid alone is no proof, it may have been given to another program since. */
export interface ProcessMark {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly startTime: string;
}

export function markOf(pid: number): ProcessMark | null {
  const startTime = startTimeOf(pid);
  return startTime === null ? null : { pid, startTime };
}

export const isAlive = (mark: ProcessMark): boolean => startTimeOf(mark.pid) === mark.startTime;

/** Field 22 of /proc/<pid>/stat; null when there is no such process or only its zombie. */
export function startTimeOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

/** Sends a signal; a process that is already gone is not an error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
