/**
 * Who a worker is, in a text that proves later whether it still lives: machine, boot, process-id space, process and its
 * start. The same numbers on another machine, after a reboot or in another container are another worker.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { startTimeOf } from "#app/foundation/process.ts";

interface Identity {
  readonly machine: string;
  readonly boot: string;
  readonly pidSpace: string;
  readonly pid: number;
  readonly startTime: string;
}

const separator = "|";

/** Of this process. `name` tells several workers of one process apart. */
export function workerIdentity(name = "worker"): string {
  const { machine, boot, pidSpace, pid, startTime } = here(process.pid);
  return [machine, boot, pidSpace, pid, startTime, name].join(separator);
}

/** Whether the worker with this identity lives: `elsewhere` when that cannot be told from here. */
export function holderOf(workerId: string): "alive" | "dead" | "elsewhere" {
  const [machine, boot, pidSpace, pid, startTime] = workerId.split(separator);
  if (startTime === undefined) return "elsewhere";
  const now = here(Number(pid));
  if (machine !== now.machine) return "elsewhere";
  if (boot !== now.boot) return "dead";
  if (pidSpace !== now.pidSpace) return "elsewhere";
  return startTime === now.startTime ? "alive" : "dead";
}

const here = (pid: number): Identity => ({
  machine: `${hostname()}/${firstLine("/etc/machine-id").slice(0, 12)}`,
  boot: firstLine("/proc/sys/kernel/random/boot_id"),
  pidSpace: pidSpace(),
  pid,
  startTime: startTimeOf(pid) ?? "none",
});

function pidSpace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid").replace(/\D/g, "");
  } catch {
    return "unknown";
  }
}

function firstLine(path: string): string {
  try {
    return readFileSync(path, "utf8").split("\n")[0] ?? "";
  } catch {
    return "";
  }
}
