/**
 * Decides what to do about operations whose holder is gone, about the stack that was left behind, and about continuing
 * automatically. Reading and acting are done elsewhere, plainly: what is seen comes in, a list of steps goes out.
 */
import type { JournalEntry } from "./event.ts";
import { type Message, message } from "#app/domain/message/message.ts";

/** The holder of a running operation, as far as it can be told from this machine. */
export interface HolderSight {
  /** `dead` and `alive` are proven by process id and start time; `elsewhere`: on another machine, or not to be told. */
  readonly holder: "alive" | "dead" | "elsewhere";
  /** For how long its lease has been watched without being prolonged. Not by the clock on the wall: that may jump. */
  readonly silentMs: number;
  readonly leaseMs: number;
}

/** Whether somebody else may take the operation over. A living holder that is only late loses it as well. */
export function isAbandoned({ holder, silentMs, leaseMs }: HolderSight): boolean {
  switch (holder) {
    case "dead":
      return true;
    case "alive":
      return silentMs > leaseMs;
    case "elsewhere":
      return silentMs > 2 * leaseMs;
  }
}

/**
 * Something of the stack that is on the libvirt host and not in its state; or half of something that is: the `bridge` of a
 * network (by the network's name) that is off.
 */
export type Leftover =
  | { readonly kind: "machine" | "network" | "pool" | "bridge"; readonly name: string }
  | { readonly kind: "volume"; readonly pool: string; readonly name: string };

/** Something that the stack's state has and the libvirt host has not: another hand removed it. */
export interface Gone {
  readonly kind: "machine" | "network" | "pool" | "volume";
  readonly name: string;
  readonly urn: string;
}

/** A stack as a run left it. */
export interface StackSight {
  /** What the run is to the cluster: its teardown, the plan of one, or anything else. */
  readonly teardown: "none" | "plan" | "run";
  /** Whether the storage pool can be looked into. Libvirt lists no disks of a pool that is off, or that it does not know. */
  readonly pool: "unopened" | "open";
  /** Only a teardown asks for them: everything else finds them as drift. */
  readonly gone: readonly Gone[];
  /** Living processes of its runs. */
  readonly processes: number;
  readonly locks: readonly {
    readonly path: string;
    readonly holder: "dead" | "alive" | "elsewhere" | "unknown";
    readonly heldBy: string;
  }[];
  /** `mended`: a copy took the state's place (a repair, a restore) and was not yet compared with what is there. */
  readonly state: "whole" | "torn" | "mended";
  /** Steps that its state has as begun and not as finished. */
  readonly pending: number;
  /** Null: libvirt does not answer, so nothing can be told about machines. In the order in which they can be removed. */
  readonly leftovers: readonly Leftover[] | null;
  /** Without the engine nothing can be settled. */
  readonly engine: "ready" | "missing";
}

export type RecoveryStep =
  /** Let them write their state, then kill; everything else is looked at again after that. */
  | { readonly do: "end-processes" }
  | { readonly do: "break-lock"; readonly path: string }
  /** Put the last good copy in the place of the torn state; everything else is looked at again after that. */
  | { readonly do: "mend-state" }
  | { readonly do: "remove"; readonly leftover: Leftover }
  /** Define, build and start the storage pool as far as any of its parts exists; the host is looked at again after that. */
  | { readonly do: "open-pool" }
  /** Take out of the state what no provider has to be asked for any more, and the steps that were under way. */
  | { readonly do: "let-go"; readonly gone: readonly Gone[] }
  /** Let the engine find out what became of the steps that were under way. */
  | { readonly do: "settle" }
  /** It cannot be recovered now. */
  | { readonly do: "give-up"; readonly reason: Message; readonly locked: boolean };

/** What recovers the stack; empty when there is nothing to do. */
export function planRecovery(stack: StackSight): readonly RecoveryStep[] {
  if (stack.processes > 0) return [{ do: "end-processes" }];
  const foreign = stack.locks.find((l) => l.holder === "alive" || l.holder === "elsewhere");
  if (foreign) return [{ do: "give-up", reason: message("state-locked", { holder: foreign.heldBy }), locked: true }];
  const locks = stack.locks.map(({ path }): RecoveryStep => ({ do: "break-lock", path }));
  return stack.state === "torn" ? [...locks, { do: "mend-state" }] : [...locks, ...planHost(stack)];
}

function planHost(stack: StackSight): readonly RecoveryStep[] {
  switch (stack.teardown) {
    case "none":
      return planSettling(stack);
    case "plan":
      // The plan of a teardown needs a state that can be read, and changes nothing on the host.
      return [];
    case "run":
      return planTeardown(stack);
  }
}

/** Nothing has to be settled: what is on the host is removed, and of what is not there no provider is asked. */
function planTeardown({ leftovers, gone, pending, state, pool }: StackSight): readonly RecoveryStep[] {
  if (leftovers === null) return [{ do: "give-up", reason: message("libvirt-silent"), locked: false }];
  if (pool === "unopened") return [{ do: "open-pool" }];
  const removals = leftovers.map((leftover): RecoveryStep => ({ do: "remove", leftover }));
  return gone.length > 0 || pending > 0 || state === "mended" ? [...removals, { do: "let-go", gone }] : removals;
}

/** Leftovers go before the engine looks: it would take a machine that is there for one that it made. */
function planSettling({ leftovers, state, pending, engine }: StackSight): readonly RecoveryStep[] {
  if (leftovers === null) return [{ do: "give-up", reason: message("libvirt-silent"), locked: false }];
  const removals = leftovers.map((leftover): RecoveryStep => ({ do: "remove", leftover }));
  if (pending === 0 && state === "whole") return removals;
  if (engine === "missing") return [...removals, { do: "give-up", reason: message("engine-missing"), locked: false }];
  return [...removals, { do: "settle" }];
}

/** The name under which Berth resumes an operation by itself. */
export const byItself = "Berth";

/** So often in a row without a step done; then a person is asked. */
export const mostResumes = 3;

/** Milliseconds to wait before the first, second, … automatic resume. */
const pauses = [0, 5_000, 20_000] as const;

export interface ResumeCount {
  /** Automatic resumes since something was last got done or a person last acted. */
  readonly idle: number;
  /** The entries given reach back far enough to know. */
  readonly known: boolean;
}

/** `entries`: the newest ones, oldest first. */
export function countResumes(entries: readonly JournalEntry[]): ResumeCount {
  let idle = 0;
  for (const { event } of entries.toReversed()) {
    if (event.kind === "step" && event.status === "done" && event.change !== "same") return { idle, known: true };
    if (event.kind !== "state" || event.to !== "queued") continue;
    if (event.by !== byItself) return { idle, known: true };
    if (++idle >= mostResumes) return { idle, known: true };
  }
  return { idle, known: false };
}

/** Milliseconds until Berth may resume by itself; null: it is a person's turn. */
export function resumeIn(idle: number, interruptedAt: number, now: number): number | null {
  const pause = pauses[idle];
  if (pause === undefined) return null;
  // A clock that went back must not make it wait for hours.
  const waited = Math.max(0, now - interruptedAt);
  return now < interruptedAt ? 0 : Math.max(0, pause - waited);
}
