/** What the kernel tells about a run's processes and about memory. Linux only; what cannot be read counts as nothing. */
import { readFileSync, writeFileSync } from "node:fs";
import { signalProcess } from "#app/foundation/process.ts";
import { processesOf } from "#pulumi/stack/processes.ts";
import type { Observation } from "./watchdog.ts";

/** A check of every process of the mark: which are stopped, and how much memory of their own they hold together. */
export function observe(mark: string): Observation {
  const pids = processesOf(mark).map((p) => p.pid);
  const stopped = stoppedOf(pids).map(nameOf);
  return { stopped: [...new Set(stopped)], memoryMiB: pids.reduce((sum, pid) => sum + ownMemoryKiB(pid), 0) / 1024 };
}

/** Lets stopped processes of the mark continue, so that they can hear what else they are told. */
export function wake(mark: string): void {
  for (const pid of stoppedOf(processesOf(mark).map((p) => p.pid))) signalProcess(pid, "SIGCONT");
}

/** When the host runs out of memory, a run goes before the portal and before machines do. Its descendants inherit it. */
export function preferOomKill(pid: number | undefined): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, "500");
  } catch {
    // Only a preference: without it the kernel chooses by size.
  }
}

/** How many processes the kernel has ended for want of memory since it started. */
export const outOfMemoryKills = (): number => Number(/^oom_kill (\d+)$/m.exec(read("/proc/vmstat"))?.[1] ?? 0);

const stoppedOf = (pids: readonly number[]): readonly number[] => pids.filter((pid) => /^State:\s+[Tt]/m.test(read(`/proc/${pid}/status`)));

const nameOf = (pid: number): string => /^Name:\s+(.+)$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? String(pid);

/** Without pages of files, which processes share and the kernel can drop. */
const ownMemoryKiB = (pid: number): number => Number(/^RssAnon:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
