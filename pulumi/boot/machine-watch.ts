/**
 * Knows on which machines something is waited for, and what follows when libvirt says that one of them is off (its QEMU
 * ended, or somebody switched it off). Until it has been reached over SSH nothing of a cluster is on it: it is switched on
 * again. Later what ran on it is lost with it, and to wait for the end of a budget would be in vain.
 */
import { machinesNeededBy } from "#app/domain/cluster/steps.ts";
import { message } from "#app/domain/message/message.ts";
import { classifyFailure } from "#app/domain/operation/classify-failure.ts";
import type { OperationEvent, StepRef } from "#app/domain/operation/event.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import { reached } from "./boot-watchdog.ts";
import { createRecentOutput, recentOutputOf } from "#pulumi/events/recent-output.ts";

export interface MachineWatch {
  /** Events were handed on. */
  heard(events: readonly OperationEvent[]): void;
  /** Something is waited for, so that libvirt is worth asking. */
  awaits(): boolean;
  /** Names of machines that are off, as libvirt says now. Resolves to those to switch on, and a failure once one is lost. */
  saw(off: ReadonlySet<string>): { readonly switchOn: readonly string[]; readonly failure: Failure | null };
}

/** One check may fall between two steps of libvirt's. */
const checksUntilSure = 2;
const mostStarts = 2;

interface Awaited {
  readonly step: StepRef;
  readonly machine: string;
  /** A replacement begins with the end of the old thing, and the machine may well be off until the new one is made. */
  begun: boolean;
  reached: boolean;
  checks: number;
}

export function createMachineWatch(): MachineWatch {
  /** By the step's URN. */
  const awaited = new Map<string, readonly Awaited[]>();
  const starts = new Map<string, number>();
  const tails = createRecentOutput();

  const stepped = ({ step, change, status }: Extract<OperationEvent, { kind: "step" }>) => {
    awaited.delete(step.urn);
    if (status !== "running" || change === "delete") return;
    const machines = machinesNeededBy(step).map((machine) => ({
      step,
      machine,
      begun: change !== "replace",
      reached: step.phase !== "ssh",
      checks: 0,
    }));
    if (machines.length > 0) awaited.set(step.urn, machines);
  };

  const printed = (event: Extract<OperationEvent, { kind: "output" }>) => {
    tails.keep(event);
    for (const one of [...awaited.values()].flat().filter(({ step }) => step.name === event.step)) {
      one.begun = true;
      one.reached ||= event.lines.some((line) => reached.test(line));
    }
  };

  const startAgain = (machine: string): boolean => {
    const times = (starts.get(machine) ?? 0) + 1;
    starts.set(machine, times);
    return times <= mostStarts;
  };

  return {
    heard(events) {
      for (const event of events) {
        if (event.kind === "step") stepped(event);
        if (event.kind === "output") printed(event);
      }
    },
    awaits: () => awaited.size > 0,
    saw(off) {
      const switchOn: string[] = [];
      for (const one of [...awaited.values()].flat()) {
        const { machine } = one;
        one.checks = one.begun && off.has(machine) ? one.checks + 1 : 0;
        if (one.checks < checksUntilSure) continue;
        if (one.reached || !startAgain(machine)) return { switchOn, failure: lost(one) };
        one.checks = 0;
        switchOn.push(machine);
      }
      return { switchOn, failure: null };
    },
  };

  function lost({ step, machine }: Awaited): Failure {
    const reason = message("machine-off", { machine, step: step.name });
    return classifyFailure({
      step: { ...step, machine },
      reasons: [reason],
      lastOutput: recentOutputOf({ ...step, machine }, tails),
      known: "machine-stopped",
    });
  }
}
