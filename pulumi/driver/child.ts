/**
 * The parent's end of one child process: starts it with a clean environment and bounded memory, feeds it its order,
 * takes its events one batch at a time, watches that it gets somewhere, ends it when it must, and turns whatever end it
 * comes to into one outcome.
 */
import { type ChildProcess, fork } from "node:child_process";
import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Budgets } from "#app/domain/operation/budgets.ts";
import type { CancelRung, OperationEvent } from "#app/domain/operation/event.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import type { StackResult } from "#app/ports/stack-engine.ts";
import { versions } from "#pulumi/toolchain/versions.ts";
import { type BootWatchdog, createBootWatchdog, type PowerCycle } from "#pulumi/boot/boot-watchdog.ts";
import { type Ending, ended, outcomeOf } from "./exit-outcome.ts";
import { type CancelTimes, type CancelStages, createCancelStages } from "./cancel-stages.ts";
import { createFirstBootWatch, type FirstBootWatch } from "#pulumi/boot/first-boot.ts";
import { preferOomKill, observe, outOfMemoryKills } from "./process-stats.ts";
import { createMachineWatch, type MachineWatch } from "#pulumi/boot/machine-watch.ts";
import type { ChildOrder, FromChild, ToChild } from "./messages.ts";
import { endProcessesOf, processesOf, runMark, signalAll } from "#pulumi/stack/processes.ts";
import type { StackFiles } from "#pulumi/stack/stack-files.ts";
import { createWatchdog, type Watchdog } from "./watchdog.ts";

export interface ChildRun {
  readonly order: ChildOrder;
  readonly files: StackFiles;
  /** Tells this stack's processes from all others. */
  readonly mark: string;
  /** The Node.js program. */
  readonly node: string;
  readonly ladder: CancelTimes;
  readonly budgets: Budgets;
  /** MiB that all processes of the run may hold together. */
  readonly memoryMiB: number;
  readonly onEvents: (events: readonly OperationEvent[]) => Promise<void>;
  /** A cancel has come this far. Not told when the run is ended for another reason. */
  readonly onRung: (rung: CancelRung) => void;
  /** The power of a machine that hangs while it boots is to be cycled. */
  readonly onCure: (cure: PowerCycle) => void;
  /** Names of the cluster's machines that are switched off now. */
  readonly switchedOff: () => Promise<readonly string[]>;
  /** A machine went off while it booted. */
  readonly onOff: (machine: string) => void;
  readonly cancel: AbortSignal;
}

export interface ChildOutcome {
  readonly result: StackResult;
  readonly cliProcesses: number | null;
  /** The run was ended by force, or its process died: nobody repaired its state. */
  readonly killed: boolean;
}

/** How long the CLI may take to write its state after its child process died. */
const leftoverGraceMs = 10_000;
const tickMs = 1_000;
/** Looking at every process costs a few milliseconds. */
const ticksPerCheck = 2;
/** Asking libvirt costs a process. */
const ticksPerHostCheck = 5;

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
  const child = fork(fileURLToPath(new URL("../child/run.ts", import.meta.url)), [], {
    execPath: c.node,
    execArgv: [`--max-old-space-size=${Math.floor(c.memoryMiB / 2)}`],
    env: environment(c),
    detached: true,
    stdio: ["pipe", "ignore", "pipe", "ipc"],
  });
  preferOomKill(child.pid);
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(JSON.stringify(c.order));
  return child;
}

function environment({ files, mark, memoryMiB }: ChildRun): NodeJS.ProcessEnv {
  return {
    NODE_ENV: "production",
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    LANG: "C.UTF-8",
    HOME: files.scratch,
    TMPDIR: join(files.scratch, "tmp"),
    PULUMI_HOME: join(files.scratch, "home"),
    BERTH_ENGINE_VERSION: versions.pulumi,
    // The CLI and each plugin collect their garbage harder when they come near to it.
    GOMEMLIMIT: `${Math.floor(memoryMiB / 4)}MiB`,
    [runMark]: mark,
    ...given("NODE_COMPILE_CACHE"),
    ...failpoints(),
  };
}

/** One setting of this process's own, where it has it. */
function given(name: string): Readonly<Record<string, string>> {
  const value = process.env[name];
  return value === undefined ? {} : { [name]: value };
}

const failpoints = (): Readonly<Record<string, string>> =>
  process.env.BERTH_TESTS === "1" ? { BERTH_TESTS: "1", BERTH_FAILPOINTS: process.env.BERTH_FAILPOINTS ?? "" } : {};

async function attend(c: ChildRun, child: ChildProcess): Promise<ChildOutcome> {
  const killsBefore = outOfMemoryKills();
  const watchdog = createWatchdog(c.budgets, c.memoryMiB);
  const aid = createBootWatchdog(c.budgets);
  const machines = createMachineWatch();
  const firstBoot = createFirstBootWatch();
  const talk = listen(c, child, [watchdog, aid, machines, firstBoot], watchdog.alive);
  const asked = () => c.cancel.aborted;
  const climb = createCancelStages({
    ...c.ladder,
    mark: c.mark,
    tell: (rung) => tell(child, { kind: "stop", rung, by: asked() ? "person" : "watchdog" }),
    onRung: (rung) => {
      if (asked()) c.onRung(rung);
    },
  });
  const watch = keepWatch(c, { watchdog, aid, machines, firstBoot }, talk, climb);
  c.cancel.addEventListener("abort", climb.begin, { once: true });
  if (asked()) climb.begin();
  let ending: Ending;
  try {
    ending = await ended(child);
  } finally {
    c.cancel.removeEventListener("abort", climb.begin);
    watch.end();
    climb.end();
  }
  await talk.settled();
  const said = talk.result();
  const result = outcomeOf({
    said: said?.result ?? null,
    ending,
    verdict: watch.verdict(),
    cancelled: asked(),
    shortOfMemory: !climb.killed() && outOfMemoryKills() > killsBefore,
  });
  return { result, cliProcesses: said?.cliProcesses ?? null, killed: said === null };
}

interface Talk {
  settled(): Promise<void>;
  result(): Extract<FromChild, { kind: "result" }> | null;
  /** Events wait to be taken: what the run does meanwhile cannot be heard. */
  busy(): boolean;
}

/** Takes messages strictly one after another; a listener that rejects ends the run. */
function listen(c: ChildRun, child: ChildProcess, listeners: readonly Pick<Watchdog, "heard">[], alive: Watchdog["alive"]): Talk {
  let said: Extract<FromChild, { kind: "result" }> | null = null;
  let chain: Promise<void> = Promise.resolve();
  let waiting = 0;
  const take = async (events: readonly OperationEvent[]): Promise<void> => {
    for (const listener of listeners) listener.heard(events);
    await c.onEvents(events);
    waiting--;
    tell(child, { kind: "ack" });
  };
  child.on("message", (message: FromChild) => {
    switch (message.kind) {
      case "alive":
        return alive(message.signs);
      case "result":
        said = message;
        return;
      case "events":
        waiting++;
        chain = chain.then(() => take(message.events));
        chain.catch(() => signalAll(processesOf(c.mark), "SIGINT"));
        return;
    }
  });
  return { settled: () => chain, result: (): ReturnType<Talk["result"]> => said, busy: () => waiting > 0 };
}

interface Watches {
  readonly watchdog: Watchdog;
  readonly aid: BootWatchdog;
  readonly machines: MachineWatch;
  readonly firstBoot: FirstBootWatch;
}

/** Helps machines that hang or go off while they boot, and ends the run when there is nothing left to wait for. */
function keepWatch(c: ChildRun, { watchdog, aid, machines, firstBoot }: Watches, talk: Talk, climb: CancelStages) {
  let verdict: Failure | null = null;
  const judge = (failure: Failure | null): void => {
    if (failure === null || verdict !== null || climb.begun()) return;
    verdict = failure;
    climb.begin();
  };
  let asking = false;
  /** While libvirt does not answer nothing can be said. */
  const askHost = async (): Promise<void> => {
    asking = true;
    const off = await c
      .switchedOff()
      .catch(() => null)
      .finally(() => (asking = false));
    if (off === null) return;
    const { switchOn, failure } = machines.saw(new Set(off));
    for (const machine of switchOn) c.onOff(machine);
    judge(failure);
  };
  let last = performance.now();
  let ticks = 0;
  let observation = observe(c.mark);
  const timer = setInterval(() => {
    const now = performance.now();
    const passed = now - last;
    last = now;
    if (verdict !== null || climb.begun()) return;
    if (++ticks % ticksPerCheck === 0) observation = observe(c.mark);
    if (ticks % ticksPerHostCheck === 0 && !asking && machines.awaits() && !talk.busy()) void askHost();
    const heeded = talk.busy() ? 0 : passed;
    for (const cure of aid.tick(heeded)) c.onCure(cure);
    judge(firstBoot.tick(heeded) ?? watchdog.tick(heeded, observation));
  }, tickMs);
  return { verdict: (): Failure | null => verdict, end: () => clearInterval(timer) };
}

function tell(child: ChildProcess, message: ToChild): void {
  if (child.connected) child.send(message, () => undefined);
}
