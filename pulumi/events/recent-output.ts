/** What was last seen of each step and of each machine's console, for failures. */
import type { OperationEvent, StepRef } from "#app/domain/operation/event.ts";

const keptLines = 20;

export interface RecentOutput {
  keep(output: Extract<OperationEvent, { kind: "output" }>): void;
  readonly step: (name: string) => readonly string[];
  readonly console: (machine: string | null) => readonly string[];
}

export function createRecentOutput(): RecentOutput {
  const tails = new Map<string, readonly string[]>();
  const key = (source: string, name: string | null) => `${source} ${name}`;
  return {
    keep({ source, machine, step, lines }) {
      const of = key(source, source === "console" ? machine : step);
      tails.set(of, [...(tails.get(of) ?? []), ...lines].slice(-keptLines));
    },
    step: (name) => tails.get(key("command", name)) ?? [],
    console: (machine) => tails.get(key("console", machine)) ?? [],
  };
}

/** Of a machine that was not reached its console says more than the dialling does. */
export function recentOutputOf(step: StepRef | null, tails: RecentOutput): readonly string[] {
  if (step === null) return [];
  const console = tails.console(step.machine);
  const own = tails.step(step.name);
  if (step.phase === "boot" || step.phase === "ssh") return console.length > 0 ? console : own;
  return own.length > 0 ? own : console;
}
