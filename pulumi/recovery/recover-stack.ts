/**
 * Recovers a stack after a run that did not do so: looks at its processes, locks, state and machines, lets
 * `planRecovery` decide, and does what it says, step by step.
 */
import { rm } from "node:fs/promises";
import { belonging } from "#app/domain/cluster/ownership.ts";
import { planRecovery, type RecoveryStep, type StackSight } from "#app/domain/operation/recovery.ts";
import { type Message, message, MessageError } from "#app/domain/message/message.ts";
import type { RunRequest } from "#app/ports/stack-engine.ts";
import { kindOf, targetOf } from "#app/domain/operation/kinds.ts";
import type { Hypervisor, Inventory } from "#app/ports/hypervisor.ts";
import { letGoOfGone } from "./edit-state.ts";
import {
  forgetRepair,
  guardRepaired,
  isTorn,
  repairState,
  removeUnfinishedWrites,
  setStateAside,
  StateTorn,
  wasRepaired,
} from "./repair-state.ts";
import {
  directRemovalNote,
  findGone,
  findLeftovers,
  goneNote,
  ownedBy,
  poolNote,
  thingsIn,
  removalNote,
  removeLeftover,
} from "./orphans.ts";
import { endProcessesOf, processesOf } from "#pulumi/stack/processes.ts";
import { readLocks, readState, type StackFiles, type StackState } from "#pulumi/stack/stack-files.ts";

export interface StackRecovery {
  readonly run: RunRequest;
  readonly files: StackFiles;
  /** Tells this stack's processes from all others. */
  readonly mark: string;
  readonly hypervisor: Hypervisor;
  /** How long processes may take to end by themselves before they are killed. */
  readonly graceMs: number;
  /** Lets the engine settle pending steps; null while there is no engine. */
  readonly settle: (() => Promise<void>) | null;
  /** Rejects when this stack is somebody else's by now; asked before every step. */
  readonly holds: () => Promise<void>;
  /** For a teardown that the engine could not carry out: everything of the cluster's on the host is removed without it. */
  readonly withoutEngine?: boolean;
}

/** The stack cannot be recovered now. */
export class RecoveryStuck extends MessageError {
  override readonly name = "RecoveryStuck";
  /** Another run holds the lock of its state. */
  readonly locked: boolean;
  constructor(reason: Message, locked: boolean) {
    super([reason]);
    this.locked = locked;
  }
}

/** Resolves with one message for each thing done. Throws RecoveryStuck, StateTorn, and whatever a step throws. */
export async function recoverStack(r: StackRecovery): Promise<readonly Message[]> {
  const notes: Message[] = [];
  const done = new Set<RecoveryStep["do"]>();
  for (;;) {
    const steps = planRecovery(await look(r, done.has("open-pool") ? "open" : "unopened"));
    if (done.has("mend-state") && steps.some((s) => s.do === "mend-state")) throw new StateTorn([message("state-torn")]);
    for (const step of steps) {
      notes.push(...(await carryOut(r, step)));
      done.add(step.do);
    }
    if (!steps.some((s) => readsStateAgain.has(s.do))) break;
  }
  // Nobody is left who works there: a run whose processes ended by themselves had nobody to clear it away.
  await r.holds();
  await rm(r.files.scratch, { recursive: true, force: true });
  return notes;
}

/** Everything is another after these. */
const readsStateAgain: ReadonlySet<RecoveryStep["do"]> = new Set(["end-processes", "mend-state", "open-pool"]);

function teardownOf(run: RunRequest): StackSight["teardown"] {
  if (!targetOf(run).removesCluster) return "none";
  return kindOf(run).changesHost ? "run" : "plan";
}

async function look(r: StackRecovery, pool: StackSight["pool"]): Promise<StackSight> {
  const processes = processesOf(r.mark).length;
  const teardown = teardownOf(r.run);
  const nothing = { teardown, pool, gone: [], state: "whole", pending: 0, leftovers: [], engine: "ready" } as const;
  if (processes > 0) return { processes, locks: [], ...nothing };
  const locks = await readLocks(r.files);
  if (await isTorn(r.files)) return { processes, locks, ...nothing, state: "torn" };
  if (teardown === "plan") return { processes, locks, ...nothing };
  // The host first: what is recorded afterwards was there before.
  const inventory = await r.hypervisor.inventory(r.run.spec.prefix).catch(() => null);
  if (inventory !== null) await guardRepaired(r.files, inventory, r.run.kind);
  const state = await readState(r.files);
  return {
    ...nothing,
    processes,
    locks,
    state: (await wasRepaired(r.files)) ? "mended" : "whole",
    pending: state?.pending.length ?? 0,
    ...onHost(r, inventory, state),
    engine: r.settle === null ? "missing" : "ready",
  };
}

function onHost(
  { run, withoutEngine }: StackRecovery,
  inventory: Inventory | null,
  state: StackState | null,
): Pick<StackSight, "leftovers" | "gone"> {
  if (inventory === null) return { leftovers: null, gone: [] };
  const gone = kindOf(run).removesCluster ? findGone(inventory, run, state) : [];
  return withoutEngine
    ? { leftovers: findLeftovers(inventory, run, null), gone: thingsIn(state) }
    : { leftovers: findLeftovers(inventory, run, state), gone };
}

async function carryOut(r: StackRecovery, step: RecoveryStep): Promise<readonly Message[]> {
  await r.holds();
  switch (step.do) {
    case "end-processes":
      return await endProcesses(r);
    case "break-lock":
      await rm(step.path, { force: true });
      return [message("lock-removed")];
    case "mend-state":
      return [(await repairState(r.files, teardownOf(r.run) !== "none")) ?? message("state-whole")];
    case "open-pool":
      return (await openPool(r)) ? [poolNote(r.run.spec.prefix)] : [];
    case "remove":
      await removeLeftover(r.hypervisor, step.leftover);
      return [(r.withoutEngine ? directRemovalNote : removalNote)(step.leftover)];
    case "let-go":
      await letGoOfGone(
        r.files,
        step.gone.map(({ urn }) => urn),
      );
      await forgetRepair(r.files);
      return r.withoutEngine ? [] : step.gone.map(goneNote);
    case "settle":
      return [await settle(r)];
    case "give-up":
      throw new RecoveryStuck(step.reason, step.locked);
  }
}

async function settle(r: StackRecovery): Promise<Message> {
  const repaired = await wasRepaired(r.files);
  const state = await readState(r.files);
  if (repaired && ownedBy(state).size > 0 && !(await isOnHost(r))) {
    await setStateAside(r.files);
    await forgetRepair(r.files);
    return message("nothing-on-host");
  }
  if (state !== null && state.resources.length + state.pending.length > 0) await r.settle?.();
  // A machine that the engine looked for in vain is unknown from now on, and another one may have its name.
  if (repaired) await guardRepaired(r.files, await r.hypervisor.inventory(r.run.spec.prefix), r.run.kind);
  await forgetRepair(r.files);
  return message("settled");
}

/** A backup may be restored on another host: the engine cannot look for disks in a pool that is not there. */
async function isOnHost({ hypervisor, run: { spec, machineHost } }: StackRecovery): Promise<boolean> {
  const { machines, networks, pools, volumes } = belonging(await hypervisor.inventory(spec.prefix), spec, machineHost.poolRoot);
  return machines.length + networks.length + pools.length + volumes.length > 0;
}

const openPool = ({ hypervisor, run: { spec, machineHost } }: StackRecovery): Promise<boolean> =>
  hypervisor.openPool(spec.prefix, `${machineHost.poolRoot}/${spec.prefix}`);

async function endProcesses({ mark, graceMs, files }: StackRecovery): Promise<readonly Message[]> {
  const killed = await endProcessesOf(mark, graceMs);
  await rm(files.scratch, { recursive: true, force: true });
  await removeUnfinishedWrites(files);
  return [killed > 0 ? message("processes-ended", { count: killed }) : message("run-awaited")];
}
