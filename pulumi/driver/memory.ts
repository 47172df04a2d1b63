/** Whether this machine has memory for one more run of the engine. Linux only. */
import { readFileSync } from "node:fs";

/** True when less than `neededMiB` can be had, on the machine or within the limits of the group this process is in. */
export const memoryLow = (neededMiB: number, root = ""): boolean => {
  const left = [availableMiB(root), groupMemoryLeftMiB(root)].filter((n) => n !== null);
  return left.some((n) => n < neededMiB);
};

/** What the kernel could hand out without swapping; null when it does not say. */
function availableMiB(root: string): number | null {
  const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(read(`${root}/proc/meminfo`))?.[1];
  return kib === undefined ? null : Number(kib) / 1024;
}

/** Null without a limit. Caches of files count as used there, and can be dropped. */
function groupMemoryLeftMiB(root: string): number | null {
  const folder = `${root}/sys/fs/cgroup`;
  const limit = Number(read(`${folder}/memory.max`).trim() || Number.NaN);
  const used = Number(read(`${folder}/memory.current`).trim() || Number.NaN);
  if (!Number.isFinite(limit) || !Number.isFinite(used)) return null;
  const files = Number(/^inactive_file (\d+)$/m.exec(read(`${folder}/memory.stat`))?.[1] ?? 0);
  return (limit - used + files) / 1024 ** 2;
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
