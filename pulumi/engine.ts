/**
 * The stack engine on Pulumi's Automation API: one child process per run, recovery of what a dead run left, and the
 * removal of a stack's files. Loads no `@pulumi/*` itself.
 */
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import type { Hypervisor } from "#app/ports/hypervisor.ts";
import type { StackEngine, StackResult, StackRun } from "#app/ports/stack-engine.ts";
import { type CancelLadder, type ChildOutcome, runChild } from "./child.ts";
import type { ChildOrder } from "./messages.ts";
import { findOrphans, removeOrphans } from "./orphans.ts";
import { endProcessesOf } from "./processes.ts";
import { readLocks, readState, removeStackFiles, type StackFiles, stackFiles } from "./stack-files.ts";

export interface StackEngineSettings {
  /** Folder with `bin/pulumi` and `home/plugins`; a function where set-up may still be building it (null: not ready). */
  readonly engineFolder: string | (() => Promise<string | null>);
  /** BERTH_HOME. */
  readonly home: string;
  readonly hypervisor: Hypervisor;
  /** The Node.js program for child processes; this process's own unless given. */
  readonly node?: string;
  /** Module that exports `clusterProgram`; Berth's own unless given. */
  readonly programModule?: string;
  /** Steps at once in one run. */
  readonly parallel?: number;
  readonly ladder?: CancelLadder;
  /** How long processes of a dead run may take to end by themselves before they are killed. */
  readonly graceMs?: number;
  /** Told after each run: CLI processes and milliseconds, for benches. */
  readonly onMeasured?: (m: { readonly kind: string; readonly cliProcesses: number | null; readonly ms: number }) => void;
}

type OnEvents = (events: readonly OperationEvent[]) => Promise<void>;

const defaultLadder: CancelLadder = { secondMs: 20_000, killMs: 10_000 };
const defaultProgram = fileURLToPath(new URL("../programs/cluster/program.ts", import.meta.url));
const markOf = (run: StackRun): string => `${run.spec.tenantId}/${run.spec.stackName}`;

export function createStackEngine(settings: StackEngineSettings): StackEngine {
  const filesOf = (run: StackRun): StackFiles => stackFiles(settings.home, run.spec.tenantId, run.spec.stackName);

  const execute = async (run: StackRun, mode: ChildOrder["mode"], engineFolder: string, onEvents: OnEvents, cancel: AbortSignal) => {
    const began = performance.now();
    const outcome = await runChild({
      order: orderOf(settings, run, mode, engineFolder),
      files: filesOf(run),
      mark: markOf(run),
      node: settings.node ?? process.execPath,
      ladder: settings.ladder ?? defaultLadder,
      onEvents,
      cancel,
    });
    const kind = mode === "settle" ? "settle" : run.kind;
    settings.onMeasured?.({ kind, cliProcesses: outcome.cliProcesses, ms: performance.now() - began });
    return outcome;
  };

  const recover = async (run: StackRun) => {
    const engineFolder = await folderOf(settings);
    const files = filesOf(run);
    const killed = await endProcessesOf(markOf(run), settings.graceMs ?? 15_000);
    const notes = killed > 0 ? [`ended ${killed} processes of the interrupted run`] : [];
    await rm(files.scratch, { recursive: true, force: true });
    const brokeLock = await breakDeadLocks(files);
    if (brokeLock) notes.push("removed the lock of a process that is gone");
    const state = await readState(files);
    if (state !== null && state.pending.length > 0 && engineFolder !== null) {
      notes.push(...(await settle(run, engineFolder)));
    }
    return { brokeLock, notes };
  };

  /** Steps that were under way when the run died are either undone on the host or found to have been finished. */
  const settle = async (run: StackRun, engineFolder: string): Promise<readonly string[]> => {
    await settings.hypervisor.ping();
    const notes = await sweep(run);
    const { result } = await execute(run, "settle", engineFolder, () => Promise.resolve(), new AbortController().signal);
    if (result.result === "succeeded") return notes;
    throw new Error(`settling what the interrupted run left: ${reasonOf(result)}`);
  };

  /**
   * Removes what the stack has on the host and its state does not know. A failed run leaves such things as well: a
   * machine that could be defined but not started is there, and unknown.
   */
  const sweep = async (run: StackRun): Promise<readonly string[]> => {
    const inventory = await settings.hypervisor.inventory(run.spec.prefix);
    return await removeOrphans(settings.hypervisor, findOrphans(inventory, await readState(filesOf(run))));
  };

  /** A run never starts upon what an earlier one left behind, even if nobody recovered it. */
  const startClean = async (run: StackRun): Promise<readonly string[]> => {
    if (run.kind === "preview") return [];
    const { notes } = (await isUnsettled(filesOf(run))) ? await recover(run) : { notes: [] };
    return run.kind === "refresh" ? notes : [...notes, ...(await sweep(run))];
  };

  return {
    async run(run, onEvents, cancel) {
      const engineFolder = await folderOf(settings);
      if (engineFolder === null) return engineMissing;
      await tell(onEvents, await startClean(run));
      const outcome = await execute(run, "run", engineFolder, onEvents, cancel);
      return await tidied(run, outcome, recover, filesOf(run), onEvents);
    },
    recover,
    async forget(tenantId, stackName) {
      const files = stackFiles(settings.home, tenantId, stackName);
      const left = (await readState(files))?.resources.filter((r) => r.custom === true && !r.type.startsWith("pulumi:")) ?? [];
      if (left.length > 0) throw new Error(`removing the state of ${stackName}: it still owns ${left.length} resources`);
      return await removeStackFiles(files);
    },
  };
}

type Recover = StackEngine["recover"];

/** A cancelled or failed run that could not put its own state in order is recovered at once; a crash is left to the caller. */
async function tidied(run: StackRun, { result, killed }: ChildOutcome, recover: Recover, files: StackFiles, onEvents: OnEvents): Promise<StackResult> {
  if (result.result === "crashed" || result.result === "succeeded") return result;
  if (!killed && !(await isUnsettled(files))) return result;
  await tell(onEvents, (await recover(run)).notes);
  return result;
}

async function isUnsettled(files: StackFiles): Promise<boolean> {
  const state = await readState(files);
  return (state?.pending.length ?? 0) > 0 || (await readLocks(files)).length > 0;
}

async function tell(onEvents: OnEvents, notes: readonly string[]): Promise<void> {
  if (notes.length > 0) await onEvents(notes.map((message) => ({ kind: "notice", level: "note", machine: null, message })));
}

/** Removes locks whose holder is proven gone; any other lock is an error, never removed. */
async function breakDeadLocks(files: StackFiles): Promise<boolean> {
  const locks = await readLocks(files);
  const held = locks.find((l) => l.holder === "alive" || l.holder === "elsewhere");
  if (held) throw new Error(`recovering the stack: its state is locked by ${held.says}`);
  await Promise.all(locks.map((l) => rm(l.path, { force: true })));
  return locks.length > 0;
}

const folderOf = async (settings: StackEngineSettings): Promise<string | null> =>
  typeof settings.engineFolder === "string" ? settings.engineFolder : await settings.engineFolder();

const orderOf = (settings: StackEngineSettings, run: StackRun, mode: ChildOrder["mode"], engineFolder: string): ChildOrder => ({
  run,
  mode,
  home: settings.home,
  engineFolder,
  programModule: settings.programModule ?? defaultProgram,
  parallel: settings.parallel ?? 8,
});

const engineMissing: StackResult = {
  result: "failed",
  failure: {
    step: null,
    machine: null,
    phase: null,
    cause: "engine-missing",
    message: "the engine is not built yet",
    lastOutput: [],
    next: "wait-for-setup",
  },
};

function reasonOf(result: StackResult): string {
  switch (result.result) {
    case "failed":
      return result.failure.message;
    case "crashed":
      return result.reason;
    case "cancelled":
    case "succeeded":
      return result.result;
  }
}
