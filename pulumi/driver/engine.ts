/**
 * The stack engine on Pulumi's Automation API: one child process per run, recovery of what a dead run left, and the
 * removal of a stack's files. Loads no `@pulumi/*` itself.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BudgetSettings, budgetsFor } from "#app/domain/operation/budgets.ts";
import { classifyFailure } from "#app/domain/operation/classify-failure.ts";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import { message, type Message, MessageError, reasonsOf } from "#app/domain/message/message.ts";
import type { Hypervisors } from "#app/ports/hosts/by-host.ts";
import type { Hypervisor } from "#app/ports/hypervisor.ts";
import { LeaseLost } from "#app/ports/operation-store.ts";
import { kindOf } from "#app/domain/operation/kinds.ts";
import { engineDefaults, type StackEngine, type StackProgress, type StackResult, type RunRequest } from "#app/ports/stack-engine.ts";
import type { PowerCycle } from "#pulumi/boot/boot-watchdog.ts";
import { type ChildOutcome, type ChildRun, runChild } from "./child.ts";
import type { CancelTimes } from "./cancel-stages.ts";
import type { ChildOrder } from "./messages.ts";
import { findHalfMade } from "#pulumi/recovery/partial-machines.ts";
import { retainPendingReplacements } from "#pulumi/recovery/edit-state.ts";
import { createCancelNotices, type Rungs, whatStays } from "./cancel-notices.ts";
import { isTorn, StateTorn, wasRepaired } from "#pulumi/recovery/repair-state.ts";
import { processesOf } from "#pulumi/stack/processes.ts";
import { recoverStack, RecoveryStuck } from "#pulumi/recovery/recover-stack.ts";
import {
  lookFiles,
  readLocks,
  readState,
  removeStackFiles,
  stackFiles,
  type StackFiles,
  type StackState,
} from "#pulumi/stack/stack-files.ts";

export interface StackEngineSettings {
  /** Folder with `bin/pulumi` and `home/plugins`; a function where set-up may still be building it (null: not ready). */
  readonly engineFolder: string | (() => Promise<string | null>);
  /** BERTH_HOME. */
  readonly home: string;
  readonly hypervisors: Hypervisors;
  /** The Node.js program for child processes; this process's own unless given. */
  readonly node?: string;
  /** Module that exports `clusterProgram`; Berth's own unless given. */
  readonly programModule?: string;
  /** Steps at once in one run. */
  readonly parallel?: number;
  readonly ladder?: CancelTimes;
  readonly budgets?: BudgetSettings;
  /** MiB that the processes of one run may hold together. */
  readonly memoryMiB?: number;
  /** How many earlier states of a stack are kept. */
  readonly keptStates?: number;
  /** How long processes of a dead run may take to end by themselves before they are killed. */
  readonly graceMs?: number;
  /** Told after each run: CLI processes and milliseconds, for benches. */
  readonly onMeasured?: (m: { readonly kind: string; readonly cliProcesses: number | null; readonly ms: number }) => void;
}

type OnEvents = (events: readonly OperationEvent[]) => Promise<void>;

/** A script on a machine that does not listen is killed after seven seconds; its step then ends by itself. */
const defaultLadder: CancelTimes = { secondMs: 8_000, killMs: 2_000 };
const defaultGraceMs = 5_000;
const defaultProgram = fileURLToPath(new URL("../../programs/cluster/program.ts", import.meta.url));
const libvirtNameOf = ({ spec }: RunRequest, name: string): string | undefined => spec.machines.find((m) => m.name === name)?.libvirtName;
const markOf = (run: RunRequest): string => `${run.spec.tenantId}/${run.spec.stackName}`;

export function createStackEngine(settings: StackEngineSettings): StackEngine & StackProgress {
  const filesOf = (run: RunRequest): StackFiles => stackFiles(settings.home, run.spec.tenantId, run.spec.stackName);

  const hypervisorOf = ({ spec }: RunRequest): Hypervisor => settings.hypervisors.of(spec.hostId);

  const limitsOf = ({ spec }: RunRequest) => ({
    budgets: budgetsFor(spec.profile, settings.budgets),
    memoryMiB: settings.memoryMiB ?? engineDefaults.memoryMiB,
  });

  /** What cannot be cured now is left to the budget. */
  const cured = async (run: RunRequest, { machine, notice }: PowerCycle, onEvents: OnEvents): Promise<void> => {
    const libvirtName = libvirtNameOf(run, machine);
    if (libvirtName === undefined) return;
    await onEvents([{ kind: "notice", level: "warning", machine, message: notice }]);
    await hypervisorOf(run).restart(libvirtName);
  };

  const switchedOff = async (run: RunRequest): Promise<readonly string[]> => {
    const off = await hypervisorOf(run).switchedOff();
    return run.spec.machines.filter((m) => off.includes(m.libvirtName)).map((m) => m.name);
  };

  const switchOn = async (run: RunRequest, machine: string, onEvents: OnEvents): Promise<void> => {
    const libvirtName = libvirtNameOf(run, machine);
    if (libvirtName === undefined) return;
    await onEvents([{ kind: "notice", level: "warning", machine, message: message("switched-on", { machine }) }]);
    await hypervisorOf(run).switchOn(libvirtName);
  };

  /** Those that are recreated are cut off: nobody waits until what is half made on them has shut down. Those that went off come back. */
  const prepareMachines = async (run: RunRequest, state: StackState | null, onEvents: OnEvents): Promise<void> => {
    const half = findHalfMade(run.spec, state).machines;
    for (const { libvirtName } of half) await hypervisorOf(run).switchOff(libvirtName);
    const stopped = run.stopped ?? [];
    if (stopped.length === 0) return;
    const off = await switchedOff(run);
    for (const machine of stopped) {
      if (off.includes(machine) && !half.some((m) => m.name === machine)) await switchOn(run, machine, onEvents);
    }
  };

  const execute = async (
    run: RunRequest,
    mode: ChildOrder["mode"],
    engineFolder: string,
    onEvents: OnEvents,
    cancel: AbortSignal,
    onRung: ChildRun["onRung"] = () => undefined,
  ) => {
    const began = performance.now();
    // A worker that wakes up after its lease went to another one must find nothing of the other's run under its own name.
    const id = randomUUID().slice(0, 8);
    const files = filesOf(run);
    const outcome = await runChild({
      order: orderOf(settings, run, mode, engineFolder),
      files: { ...files, scratch: join(files.scratch, id) },
      mark: `${markOf(run)}#${id}`,
      node: settings.node ?? process.execPath,
      ladder: settings.ladder ?? defaultLadder,
      ...limitsOf(run),
      onEvents,
      onRung,
      onCure: (cure) => void cured(run, cure, onEvents).catch(() => undefined),
      switchedOff: () => switchedOff(run),
      onOff: (machine) => void switchOn(run, machine, onEvents).catch(() => undefined),
      cancel,
    });
    const kind = mode === "settle" ? "settle" : run.kind;
    settings.onMeasured?.({ kind, cliProcesses: outcome.cliProcesses, ms: performance.now() - began });
    return outcome;
  };

  /** Beside whatever else runs: files and processes of its own, and no event reaches the journal. */
  const runProgress = async (run: RunRequest, engineFolder: string, stop: AbortSignal) =>
    await runChild({
      order: orderOf(settings, run, "look", engineFolder),
      files: lookFiles(filesOf(run)),
      mark: `${markOf(run)}~look`,
      node: settings.node ?? process.execPath,
      ladder: { secondMs: 2_000, killMs: 2_000 },
      ...limitsOf(run),
      onEvents: () => Promise.resolve(),
      onRung: () => undefined,
      onCure: () => undefined,
      switchedOff: () => Promise.resolve([]),
      onOff: () => undefined,
      cancel: stop,
    });

  /** Steps that were under way when a run died are either undone on the host or found to have been finished. */
  const settle = async (run: RunRequest, engineFolder: string, cancel: AbortSignal): Promise<void> => {
    const { result } = await execute(run, "settle", engineFolder, () => Promise.resolve(), cancel);
    if (result.result !== "succeeded") throw new MessageError([message("not-settled"), ...reasonsIn(result)]);
  };

  const recover = async (
    run: RunRequest,
    holds: () => Promise<void> = () => Promise.resolve(),
    cancel = new AbortController().signal,
    withoutEngine = false,
  ): Promise<readonly Message[]> => {
    const engineFolder = await folderOf(settings);
    return await recoverStack({
      withoutEngine,
      run,
      files: filesOf(run),
      mark: markOf(run),
      hypervisor: hypervisorOf(run),
      graceMs: settings.graceMs ?? defaultGraceMs,
      settle: engineFolder === null ? null : () => settle(run, engineFolder, cancel),
      holds,
    });
  };

  /** A provider that cannot remove a thing of the cluster's must not keep its teardown from ending. */
  const runToEnd = async (
    run: RunRequest,
    engineFolder: string,
    onEvents: OnEvents,
    cancel: AbortSignal,
    rungs: Rungs,
  ): Promise<ChildOutcome> => {
    const outcome = await execute(run, "run", engineFolder, onEvents, cancel, rungs.reach);
    if (!kindOf(run).removesCluster || cancel.aborted || !isRefusedByProvider(outcome.result)) return outcome;
    const removed = await notesOf(
      (order, holds) => recover(order, holds, cancel, true),
      run,
      () => onEvents([]),
    );
    await tellRecovered(onEvents, removed);
    return cancel.aborted ? outcome : await execute(run, "run", engineFolder, onEvents, cancel, rungs.reach);
  };

  return {
    async run(run, onEvents, cancel) {
      const engineFolder = await folderOf(settings);
      if (engineFolder === null) return engineMissing;
      const files = filesOf(run);
      const stays = () => whatStays(hypervisorOf(run), run.spec.prefix, () => readState(files));
      const rungs = createCancelNotices({ cancel, stays, onEvents });
      try {
        // A run never starts upon what an earlier one left behind, even if nobody recovered it.
        if (kindOf(run).changesHost || (await isDamaged(files)))
          await tellRecovered(onEvents, await recover(run, () => onEvents([]), cancel));
        if (cancel.aborted) return await concluded({ result: "cancelled" }, rungs, onEvents);
        if (kindOf(run).makesRevisionLive) {
          await retainPendingReplacements(files);
          await prepareMachines(run, await readState(files), onEvents);
        }
        const outcome = await runToEnd(run, engineFolder, onEvents, cancel, rungs);
        return await concluded(await tidied(run, outcome, recover, files, onEvents), rungs, onEvents);
      } catch (error) {
        if (cancel.aborted && !(error instanceof LeaseLost)) return await concluded({ result: "cancelled" }, rungs, onEvents);
        const failure = refusalOf(error);
        if (failure === null) throw error;
        return { result: "failed", failure };
      } finally {
        await rungs.told();
      }
    },
    recover: async (run, holds) => ({ notes: await recover(run, holds) }),
    async findDrift(run, stop) {
      const engineFolder = await folderOf(settings);
      if (engineFolder === null) throw new MessageError([message("engine-missing")]);
      const { result } = await runProgress(run, engineFolder, stop);
      if (result.result === "succeeded") return result.rows;
      throw new MessageError(reasonsIn(result));
    },
    async forget(tenantId, stackName) {
      const files = stackFiles(settings.home, tenantId, stackName);
      const left = (await readState(files))?.resources.filter((r) => r.custom === true && !r.type.startsWith("pulumi:")) ?? [];
      if (left.length > 0) throw new MessageError([message("state-still-owns", { count: left.length })]);
      return await removeStackFiles(files);
    },
  };
}

/** A step of the libvirt provider failed while libvirt answered. */
function isRefusedByProvider(result: StackResult): boolean {
  if (result.result !== "failed") return false;
  const { cause, phase, step } = result.failure;
  return step !== null && cause !== "libvirt-unreachable" && (phase === "network" || phase === "disks" || phase === "boot");
}

type Recover = (run: RunRequest, holds: () => Promise<void>) => Promise<readonly Message[]>;

/**
 * A cancelled or failed run that could not write its own state, or of which a plugin is still at work on the host,
 * is recovered at once: whoever looks at the host next must find it at rest. A crash is left to the caller.
 */
async function tidied(
  run: RunRequest,
  { result, killed }: ChildOutcome,
  recover: Recover,
  files: StackFiles,
  onEvents: OnEvents,
): Promise<StackResult> {
  if (result.result === "crashed" || result.result === "succeeded") return result;
  if (!killed && processesOf(markOf(run)).length === 0 && !(await isUnsettled(files))) return result;
  await tellRecovered(onEvents, await notesOf(recover, run, () => onEvents([])));
  return result;
}

/** What cannot be recovered now (libvirt does not answer, say) is recovered before the next run. */
const notesOf = async (recover: Recover, run: RunRequest, holds: () => Promise<void>): Promise<readonly Message[]> =>
  await recover(run, holds).catch((error: unknown) => {
    if (error instanceof LeaseLost) throw error;
    return [message("recovery-on-next-run"), ...reasonsOf(error)];
  });

/** The last word about a cancel: what stays, or that it came too late. */
async function concluded(result: StackResult, rungs: Rungs, onEvents: OnEvents): Promise<StackResult> {
  if (result.result === "cancelled") rungs.reach("put-in-order");
  await rungs.told();
  if (result.result === "succeeded" && rungs.asked()) await tell(onEvents, [message("cancel-late")]);
  return result;
}

async function tellRecovered(onEvents: OnEvents, did: readonly Message[]): Promise<void> {
  if (did.length > 0) await onEvents([{ kind: "recovery", automatic: false, did }]);
}

/** What a run cannot continue from, and a person has to know. */
function refusalOf(error: unknown): Failure | null {
  if (error instanceof RecoveryStuck && error.locked)
    return classifyFailure({ step: null, reasons: error.reasons, lastOutput: [], known: "state-locked" });
  if (error instanceof StateTorn) return classifyFailure({ step: null, reasons: error.reasons, lastOutput: [], known: "state-torn" });
  return null;
}

/** Its state is no ground to plan on. */
const isDamaged = async (files: StackFiles): Promise<boolean> => (await isTorn(files)) || (await wasRepaired(files));

async function isUnsettled(files: StackFiles): Promise<boolean> {
  if (await isDamaged(files)) return true;
  const state = await readState(files);
  return (state?.pending.length ?? 0) > 0 || (await readLocks(files)).length > 0;
}

async function tell(onEvents: OnEvents, notes: readonly Message[]): Promise<void> {
  if (notes.length > 0) await onEvents(notes.map((note) => ({ kind: "notice", level: "note", machine: null, message: note })));
}

const folderOf = async (settings: StackEngineSettings): Promise<string | null> =>
  typeof settings.engineFolder === "string" ? settings.engineFolder : await settings.engineFolder();

const orderOf = (settings: StackEngineSettings, run: RunRequest, mode: ChildOrder["mode"], engineFolder: string): ChildOrder => ({
  run,
  mode,
  home: settings.home,
  engineFolder,
  programModule: settings.programModule ?? defaultProgram,
  parallel: settings.parallel ?? 8,
  keptStates: settings.keptStates ?? engineDefaults.keptStates,
});

const engineMissing: StackResult = {
  result: "failed",
  failure: {
    step: null,
    machine: null,
    phase: null,
    cause: "engine-missing",
    reasons: [message("engine-missing")],
    lastOutput: [],
    next: "wait-for-setup",
  },
};

function reasonsIn(result: StackResult): readonly Message[] {
  switch (result.result) {
    case "failed":
      return result.failure.reasons;
    case "crashed":
      return result.reasons;
    case "cancelled":
    case "succeeded":
      return [];
  }
}
