/**
 * Decides, from what is heard of a run, whether it is still getting somewhere: the engine must give a sign of life
 * within its silence, each step must end within the budget of its phase, and the processes must stay within their
 * memory. It only counts and judges; whoever attends the run listens, looks and acts.
 */
import type { Budgets } from "#app/domain/operation/budgets.ts";
import { type Message, message } from "#app/domain/message/message.ts";
import { classifyFailure } from "#app/domain/operation/classify-failure.ts";
import type { OperationEvent, StepRef } from "#app/domain/operation/event.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import { createRecentOutput, recentOutputOf, type RecentOutput } from "#pulumi/events/recent-output.ts";

/** What one check of the run's processes found. */
export interface Observation {
  /** Names of processes that are stopped (by a signal, or under a debugger). */
  readonly stopped: readonly string[];
  /** MiB that the run's processes hold together. */
  readonly memoryMiB: number;
}

export interface Watchdog {
  /** Events were handed on. */
  heard(events: readonly OperationEvent[]): void;
  /** The child lives; `signs` grows with every sign of the engine, also with those that become no event. */
  alive(signs: number): void;
  /** `ms` since the last tick; returns a failure once the run is beyond hope. */
  tick(ms: number, observation: Observation): Failure | null;
}

/** A longer gap between two ticks was our own sleep (a stopped worker, a suspended host), not the engine's. */
export const longestTickMs = 5_000;

interface Running {
  readonly step: StepRef;
  ms: number;
}

export function createWatchdog(budgets: Budgets, memoryMiB: number): Watchdog {
  const running = new Map<string, Running>();
  const tails = createRecentOutput();
  let signs = -1;
  const silent = { child: 0, engine: 0, stopped: 0 };

  const stepped = (event: Extract<OperationEvent, { kind: "step" }>) => {
    if (event.status === "running") running.set(event.step.urn, { step: event.step, ms: 0 });
    else running.delete(event.step.urn);
  };

  const overdue = (): Failure | null => {
    for (const { step, ms } of running.values()) {
      if (ms > budgets.phase[step.phase] * 1_000) return overBudget(step, budgets.phase[step.phase], tails);
    }
    return null;
  };

  const hung = (observation: Observation): Failure | null => {
    const limit = budgets.silenceSeconds * 1_000;
    const step = [...running.values()][0]?.step ?? null;
    if (silent.stopped > limit)
      return hungEngine(step, message("engine-stopped", { processes: observation.stopped, seconds: budgets.silenceSeconds }), tails);
    if (silent.child > limit) return hungEngine(step, message("engine-silent", { seconds: budgets.silenceSeconds }), tails);
    if (silent.engine > limit && step === null) return hungEngine(null, message("engine-idle", { seconds: budgets.silenceSeconds }), tails);
    return null;
  };

  return {
    heard(events) {
      silent.child = 0;
      silent.engine = 0;
      for (const event of events) {
        if (event.kind === "step") stepped(event);
        if (event.kind === "output") tails.keep(event);
      }
    },
    alive(now) {
      silent.child = 0;
      if (now !== signs) silent.engine = 0;
      signs = now;
    },
    tick(ms, observation) {
      const passed = Math.min(ms, longestTickMs);
      silent.child += passed;
      silent.engine += passed;
      silent.stopped = observation.stopped.length > 0 ? silent.stopped + passed : 0;
      for (const r of running.values()) r.ms += passed;
      if (observation.memoryMiB > memoryMiB) return tooLarge([...running.values()][0]?.step ?? null, observation.memoryMiB, memoryMiB);
      return hung(observation) ?? overdue();
    },
  };
}

function overBudget(step: StepRef, seconds: number, tails: RecentOutput): Failure {
  const lastOutput = recentOutputOf(step, tails);
  const booting = step.phase === "boot" || step.phase === "ssh";
  const reason = booting ? notUp(step, seconds, tails) : message("step-over-budget", { step: step.name, seconds });
  return classifyFailure({ step, reasons: [reason], lastOutput, known: booting ? "boot-timeout" : "phase-budget" });
}

function notUp(step: StepRef, seconds: number, tails: RecentOutput): Message {
  const said = tails.console(step.machine).at(-1);
  return message(said === undefined ? "not-up-silent" : "not-up", { machine: step.machine ?? step.name, seconds });
}

const hungEngine = (step: StepRef | null, reason: Message, tails: RecentOutput): Failure =>
  classifyFailure({ step, reasons: [reason], lastOutput: recentOutputOf(step, tails), known: "engine-hung" });

const tooLarge = (step: StepRef | null, used: number, limit: number): Failure =>
  classifyFailure({
    step,
    reasons: [message("engine-memory", { used: Math.round(used), limit })],
    lastOutput: [],
    known: "out-of-memory",
  });
