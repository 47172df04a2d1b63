/** Which processes can be killed in the middle of a run, and how each is found: by its pid, proven by its start time. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { startTimeOf } from "#app/foundation/process.ts";
import { processesOf, signalAll } from "#pulumi/stack/processes.ts";
import type { Portal } from "#tests/faults/portal.ts";

export const victims = ["portal", "worker", "child", "cli", "plugin", "qemu", "libvirtd"] as const;
export type Victim = (typeof victims)[number];

/** Where the processes of one run are to be found. */
export interface Hunt {
  /** The web server and the worker, each a process of its own. */
  readonly web: Portal;
  readonly worker: Portal;
  /** Mark of the stack's processes. */
  readonly mark: string;
  /** Names of the stack's machines in libvirt begin so. */
  readonly prefix: string;
}

/** Kills what there is of it now; returns how many processes. */
export function kill(victim: Victim, hunt: Hunt, signal: NodeJS.Signals = "SIGKILL"): number {
  switch (victim) {
    case "portal":
      // The embedded worker and the web server are one process; here they die in the same instant.
      hunt.worker.signal(signal);
      hunt.web.signal(signal);
      return 2;
    case "worker":
      hunt.worker.signal(signal);
      return 1;
    case "child":
    case "cli":
    case "plugin":
      return killAll(marked(hunt.mark, victim), signal);
    case "qemu":
      return killAll(machinesOf(hunt.prefix), signal);
    case "libvirtd":
      return killAll(libvirtd(), signal);
  }
}

function killAll(pids: readonly number[], signal: NodeJS.Signals): number {
  const found = pids
    .map((pid) => ({ pid, startTime: startTimeOf(pid) }))
    .filter((p): p is { pid: number; startTime: string } => p.startTime !== null);
  signalAll(found, signal);
  return found.length;
}

const programs: Readonly<Record<"child" | "cli" | "plugin", (words: readonly string[]) => boolean>> = {
  child: (words) => words.some((w) => w.endsWith("/pulumi/child/run.ts")),
  cli: ([program = ""]) => program.endsWith("/bin/pulumi"),
  plugin: ([program = ""]) => program.includes("/pulumi-resource-"),
};

export const marked = (mark: string, what: "child" | "cli" | "plugin"): readonly number[] =>
  processesOf(mark)
    .map((p) => p.pid)
    .filter((pid) => programs[what](wordsOf(pid)));

/** QEMU of each machine whose name begins so, in these namespaces. */
export const machinesOf = (prefix: string): readonly number[] =>
  processesHere().filter((pid) => {
    const words = wordsOf(pid);
    return words[0]?.includes("qemu-system") === true && words.some((w) => w.startsWith(`guest=${prefix}-`));
  });

/** The names that QEMU processes carry, doubles included. */
export const runningMachines = (prefix: string): readonly string[] =>
  machinesOf(prefix).map((pid) => /^guest=([^,]+)/.exec(wordsOf(pid).find((w) => w.startsWith("guest=")) ?? "")?.[1] ?? "");

export const libvirtd = (): readonly number[] => processesHere().filter((pid) => wordsOf(pid)[0]?.endsWith("libvirtd") === true);

/** Processes that see the same mounts: another libvirt on this machine is nobody's business here. */
export function processesHere(): readonly number[] {
  const here = namespaceOf("self");
  return readdirSync("/proc")
    .filter((n) => /^\d+$/.test(n) && namespaceOf(n) === here)
    .map(Number);
}

function namespaceOf(pid: string): number | null {
  try {
    return statSync(`/proc/${pid}/ns/mnt`).ino;
  } catch {
    return null;
  }
}

export function wordsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}
