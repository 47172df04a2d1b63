/**
 * The parent's end of one child process: starts it with a clean environment, feeds it its order, takes its events one
 * batch at a time, walks the cancel ladder, and turns whatever end it comes to into one outcome.
 */
import { type ChildProcess, fork } from "node:child_process";
import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import type { StackResult } from "#app/ports/stack-engine.ts";
import { versions } from "#pulumi/toolchain/versions.ts";
import type { ChildOrder, FromChild, ToChild } from "./messages.ts";
import { endProcessesOf, processesOf, runMark, signalAll } from "./processes.ts";
import type { StackFiles } from "./stack-files.ts";

/** Milliseconds from the request to the second signal, and from there to the kill. */
export interface CancelLadder {
  readonly secondMs: number;
  readonly killMs: number;
}

export interface ChildRun {
  readonly order: ChildOrder;
  readonly files: StackFiles;
  /** Tells this stack's processes from all others. */
  readonly mark: string;
  /** The Node.js program. */
  readonly node: string;
  readonly ladder: CancelLadder;
  readonly onEvents: (events: readonly OperationEvent[]) => Promise<void>;
  readonly cancel: AbortSignal;
}

export interface ChildOutcome {
  readonly result: StackResult;
  readonly cliProcesses: number | null;
  /** The last rung was reached: the run was ended by force. */
  readonly killed: boolean;
}

/** How long the CLI may take to put its state in order after its child process died. */
const leftoverGraceMs = 10_000;

/** Rejects only when `onEvents` did: then the run was ended, and its results have nowhere to go. */
export async function runChild(c: ChildRun): Promise<ChildOutcome> {
  await prepareScratch(c);
  try {
    return await attend(c, start(c));
  } finally {
    await endProcessesOf(c.mark, leftoverGraceMs);
    await rm(c.files.scratch, { recursive: true, force: true });
  }
}

async function prepareScratch({ files, order }: ChildRun): Promise<void> {
  await rm(files.scratch, { recursive: true, force: true });
  await mkdir(join(files.scratch, "tmp"), { recursive: true, mode: 0o700 });
  await mkdir(join(files.scratch, "home"), { mode: 0o700 });
  await symlink(join(order.engineFolder, "home", "plugins"), join(files.scratch, "home", "plugins"));
}

function start(c: ChildRun): ChildProcess {
  const child = fork(fileURLToPath(new URL("run.ts", import.meta.url)), [], {
    execPath: c.node,
    execArgv: [],
    env: environment(c),
    detached: true,
    stdio: ["pipe", "ignore", "pipe", "ipc"],
  });
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(JSON.stringify(c.order));
  return child;
}

function environment({ files, mark }: ChildRun): NodeJS.ProcessEnv {
  return {
    NODE_ENV: "production",
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    LANG: "C.UTF-8",
    HOME: files.scratch,
    TMPDIR: join(files.scratch, "tmp"),
    PULUMI_HOME: join(files.scratch, "home"),
    BERTH_ENGINE_VERSION: versions.pulumi,
    [runMark]: mark,
  };
}

async function attend(c: ChildRun, child: ChildProcess): Promise<ChildOutcome> {
  const talk = listen(c, child);
  const ladder = climb(c, child);
  const onCancel = () => ladder.begin();
  c.cancel.addEventListener("abort", onCancel, { once: true });
  if (c.cancel.aborted) onCancel();
  try {
    const reason = await ended(child);
    await talk.settled();
    const said = talk.result();
    if (said) return { result: said.result, cliProcesses: said.cliProcesses, killed: ladder.killed() };
    const result: StackResult = c.cancel.aborted ? { result: "cancelled" } : { result: "crashed", reason };
    return { result, cliProcesses: null, killed: true };
  } finally {
    c.cancel.removeEventListener("abort", onCancel);
    ladder.end();
  }
}

/** Takes messages strictly one after another; a listener that rejects ends the run. */
function listen(c: ChildRun, child: ChildProcess) {
  let said: Extract<FromChild, { kind: "result" }> | null = null;
  let chain: Promise<void> = Promise.resolve();
  const take = async (message: FromChild): Promise<void> => {
    if (message.kind === "result") {
      said = message;
      return;
    }
    await c.onEvents(message.events);
    tell(child, { kind: "ack" });
  };
  child.on("message", (message: FromChild) => {
    chain = chain.then(() => take(message));
    chain.catch(() => signalAll(processesOf(c.mark), "SIGINT"));
  });
  return { settled: () => chain, result: (): Extract<FromChild, { kind: "result" }> | null => said };
}

function climb(c: ChildRun, child: ChildProcess) {
  let timers: NodeJS.Timeout[] = [];
  let killed = false;
  const kill = () => {
    killed = true;
    signalAll(processesOf(c.mark), "SIGKILL");
  };
  return {
    begin() {
      tell(child, { kind: "cancel", rung: 1 });
      timers = [
        setTimeout(() => tell(child, { kind: "cancel", rung: 2 }), c.ladder.secondMs),
        setTimeout(kill, c.ladder.secondMs + c.ladder.killMs),
      ];
    },
    killed: () => killed,
    end() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

function tell(child: ChildProcess, message: ToChild): void {
  if (child.connected) child.send(message, () => undefined);
}

/** Resolves with how it ended, in words without secrets: of its error output only a known kind of line is repeated. */
function ended(child: ChildProcess): Promise<string> {
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-16_000);
  });
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(`starting the run's process: ${error.message}`));
    child.once("close", (code, signal) => {
      const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
      const cause = /^\w*Error(?: \[\w+\])?: .*$/m.exec(stderr)?.[0];
      resolve(`the run's process ${how}${cause === undefined ? "" : ` (${cause.slice(0, 300)})`}`);
    });
  });
}
