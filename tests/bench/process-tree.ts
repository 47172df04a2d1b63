/** What a process and everything it started hold in memory, from /proc. */
import { readdir, readFile } from "node:fs/promises";

/** The process and its descendants. Those that end meanwhile are left out. */
export async function processTree(root: number): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = new Map(await Promise.all(pids.map(async (pid) => [pid, await parentOf(pid)] as const)));
  const isBelow = (pid: number): boolean => pid === root || (pid > 1 && isBelow(parents.get(pid) ?? 0));
  return pids.filter(isBelow);
}

async function parentOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The program's name comes in parentheses and may hold anything.
  return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1] ?? 0);
}

export async function pssKiB(pids: readonly number[]): Promise<number> {
  const texts = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "")));
  return texts.reduce((sum, text) => sum + Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0), 0);
}

const everyMs = 250;

/** The highest sum, looked at four times a second until stopped. */
export function peakOf(pids: () => Promise<readonly number[]>): { readonly kib: Promise<number>; stop(): void } {
  let stopped = false;
  const look = async (): Promise<number> => {
    let peak = 0;
    while (!stopped) {
      peak = Math.max(peak, await pssKiB(await pids()));
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
    return peak;
  };
  const stop = () => {
    stopped = true;
  };
  return { kib: look(), stop };
}
