/**
 * A machine whose kernel hangs while it boots never answers, however long one waits; its power switch cures that. Until
 * it has been reached over SSH nothing of a cluster is on it, so its power may be cycled without harm: at once when its
 * console says that the kernel hangs, and otherwise when half of the time it may take is over.
 *
 * Seen on QEMU 10.0 under emulation, at some boots of machines with two processors: an interrupt of the first
 * processor's local timer is taken and never acknowledged, so that no later one of it arrives.
 */
import type { Budgets } from "#app/domain/operation/budgets.ts";
import type { OperationEvent, StepRef } from "#app/domain/operation/event.ts";
import { type Message, message } from "#app/domain/message/message.ts";

export interface PowerCycle {
  /** Its name. */
  readonly machine: string;
  /** Why its power is cycled. */
  readonly notice: Message;
}

export interface BootWatchdog {
  /** Events were handed on. */
  heard(events: readonly OperationEvent[]): void;
  /** `ms` since the last tick; the machines whose power is to be cycled now. */
  tick(ms: number): readonly PowerCycle[];
}

const mostCures = 2;
const hangs = /rcu: INFO: .*detected (expedited )?stalls|watchdog: BUG: soft lockup|Kernel panic - not syncing/;
/** The command provider's word for a session that was opened. */
export const reached = /^connected to /;

interface Boot {
  readonly machine: string;
  readonly step: string;
  /** Since it was begun, or its power was cycled. */
  ms: number;
  /** The console line that shows it. */
  hung: string | null;
  cures: number;
}

export function createBootWatchdog(budgets: Budgets): BootWatchdog {
  const booting = new Map<string, Boot>();
  const patienceMs = (budgets.phase.ssh * 1_000) / 2;

  const stepped = ({ machine, name }: StepRef, status: string) => {
    if (machine === null) return;
    if (status === "running") booting.set(machine, booting.get(machine) ?? { machine, step: name, ms: 0, hung: null, cures: 0 });
    else booting.delete(machine);
  };

  const printed = ({ source, machine, step, lines }: Extract<OperationEvent, { kind: "output" }>) => {
    const boot = booting.get(machine ?? "");
    if (boot === undefined) return;
    if (source === "console") boot.hung ??= lines.find((line) => hangs.test(line))?.trim() ?? null;
    else if (step === boot.step && lines.some((line) => reached.test(line))) booting.delete(boot.machine);
  };

  const cure = (boot: Boot, notice: Message): PowerCycle => {
    Object.assign(boot, { ms: 0, hung: null, cures: boot.cures + 1 });
    return { machine: boot.machine, notice };
  };

  return {
    heard(events) {
      for (const event of events) {
        if (event.kind === "step" && event.step.phase === "ssh") stepped(event.step, event.status);
        if (event.kind === "output") printed(event);
      }
    },
    tick(ms) {
      const due: PowerCycle[] = [];
      for (const boot of booting.values()) {
        boot.ms += ms;
        if (boot.cures === mostCures) continue;
        if (boot.hung !== null) due.push(cure(boot, message("restarted-hung", { machine: boot.machine, line: boot.hung })));
        else if (boot.cures === 0 && boot.ms > patienceMs)
          due.push(cure(boot, message("restarted-silent", { machine: boot.machine, seconds: Math.round(boot.ms / 1_000) })));
      }
      return due;
    },
  };
}
