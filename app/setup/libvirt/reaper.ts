/**
 * Whether process 1 takes away processes whose parents are gone. In a container whose first program is no init they stay
 * as zombies, and libvirtd, which tries every QEMU program in such processes, waits for each of them.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { message } from "#app/domain/message/message.ts";

export const reaperAdvice = message("no-reaper");

const waitsMs = [20, 50, 100, 300, 1_000, 1_500];

/** Leaves one orphan behind and looks whether it goes. */
export async function orphansAreReaped(): Promise<boolean> {
  // The inner shell lives a little longer than the outer one, so that its parent is gone when it ends.
  const { stdout } = await execa("sh", ["-c", "sh -c 'sleep 0.05' >/dev/null 2>&1 & echo $!"], { stdin: "ignore" });
  const pid = Number(stdout.trim());
  for (const ms of waitsMs) {
    await sleep(ms);
    if (stateOf(pid) === null) return true;
  }
  return stateOf(pid) !== "Z";
}

/** The letter of /proc, e.g. `S` or `Z`; null when there is no such process. */
function stateOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3);
  } catch {
    return null;
  }
}
