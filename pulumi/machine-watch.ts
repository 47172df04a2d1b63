/**
 * Knows on which machines something is waited for, and what follows when libvirt says that one of them is off (its QEMU
 * ended, or somebody switched it off). Until it has been reached over SSH nothing of a cluster is on it: it is switched on
 * again. Later what ran on it is lost with it, and to wait for the end of a budget would be in vain.
 */
import { stepOf } from "#app/domain/cluster/steps.ts";
import { classifyFailure } from "#app/domain/operation/classify-failure.ts";
import type { OperationEvent, StepRef } from "#app/domain/operation/event.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import { reached } from "./boot-aid.ts";
import { createTails, tailFor } from "./tails.ts";

export interface MachineWatch {
  /** Events were handed on. */
  heard(events: readonly OperationEvent[]): void;
  /** Something is waited for, so that libvirt is worth asking. */
  awaits(): boolean;
  /** nodeNames of machines that are off, as libvirt says now. Resolves to those to switch on, and a failure once one is lost. */
  saw(off: ReadonlySet<string>): { readonly switchOn: readonly string[]; readonly failure: Failure | null };
}

/** One look may fall between two steps of libvirt's. */
const looksUntilSure = 2;
const mostStarts = 2;

/** Their scripts run on the machine, or wait for it; beside other steps a machine may well be off. */
const needed: readonly string[] = ["ready", "join", "member", "init", "cni", "smoke", "kubeconfig"];

interface Awaited {
  readonly step: StepRef;
  reached: boolean;
  looks: number;
}

export function createMachineWatch(): MachineWatch {
  const awaited = new Map<string, Awaited>();
  const starts = new Map<string, number>();
  const tails = createTails();

  const stepped = ({ step, change, status }: Extract<OperationEvent, { kind: "step" }>) => {
    if (status !== "running") awaited.delete(step.urn);
    else if (step.machine !== null && change !== "delete" && needed.includes(stepOf(step.name)?.step ?? "")) {
      awaited.set(step.urn, { step, reached: step.phase !== "ssh", looks: 0 });
    }
  };

  const printed = (event: Extract<OperationEvent, { kind: "output" }>) => {
    tails.keep(event);
    for (const one of awaited.values()) one.reached ||= event.step === one.step.name && event.lines.some((line) => reached.test(line));
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
      for (const one of awaited.values()) {
        const { machine } = one.step;
        one.looks = machine !== null && off.has(machine) ? one.looks + 1 : 0;
        if (machine === null || one.looks < looksUntilSure) continue;
        if (one.reached || !startAgain(machine)) return { switchOn, failure: lost(one.step, machine) };
        one.looks = 0;
        switchOn.push(machine);
      }
      return { switchOn, failure: null };
    },
  };

  function lost(step: StepRef, machine: string): Failure {
    const message = `${machine} is off: its QEMU ended, or somebody switched it off, while ${step.name} was under way`;
    return classifyFailure({ step, message, lastOutput: tailFor(step, tails), known: "machine-stopped" });
  }
}
