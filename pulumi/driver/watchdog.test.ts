import { message } from "#app/domain/message/message.ts";
import { describe, expect, it } from "vitest";
import { budgetsFor } from "#app/domain/operation/budgets.ts";
import type { OperationEvent, Phase, StepRef } from "#app/domain/operation/event.ts";
import { createWatchdog, type Observation, longestTickMs } from "./watchdog.ts";

const well: Observation = { stopped: [], memoryMiB: 100 };
const ref = (name: string, phase: Phase): StepRef => ({ urn: name, name, type: "t", step: null, phase, machine: "cp0", on: "cp0" });
const step = (name: string, phase: Phase, status: "running" | "done"): OperationEvent => ({
  kind: "step",
  step: ref(name, phase),
  change: "create",
  status,
});
const printed = (source: "console" | "command", name: string | null, ...lines: string[]): OperationEvent => ({
  kind: "output",
  source,
  machine: "cp0",
  step: name,
  lines,
});

const budgets = { ...budgetsFor("emulated", { phase: { ssh: 30, init: 60 }, silenceSeconds: 20 }) };
const dog = () => createWatchdog(budgets, 512);
/** Ticks of a second each until it gives up; the seconds it took and the failure. */
const wait = (
  watched: ReturnType<typeof dog>,
  seconds: number,
  each: (second: number) => void = () => undefined,
  look: Observation = well,
) => {
  for (let second = 1; second <= seconds; second++) {
    each(second);
    const failure = watched.tick(1_000, look);
    if (failure !== null) return { second, failure };
  }
  return null;
};

describe("the watchdog", () => {
  it("lets a run be that shows signs of life, events or not", () => {
    const watched = dog();
    expect(wait(watched, 300, (second) => watched.alive(second))).toBeNull();
    expect(wait(watched, 300, () => watched.heard([printed("command", "a", "x")]))).toBeNull();
  });

  it("gives up an engine whose process lives but does nothing, while no step runs", () => {
    const watched = dog();
    watched.heard([step("a-disk", "disks", "running"), step("a-disk", "disks", "done")]);
    const end = wait(watched, 60, () => watched.alive(7));
    expect(end?.second).toBeLessThanOrEqual(23);
    expect(end?.failure).toMatchObject({ cause: "engine-hung", next: "resume", step: null });
    expect(end?.failure.reasons).toEqual([message("engine-idle", { seconds: 20 })]);
  });

  it("lets a step be silent within its budget", () => {
    const watched = dog();
    watched.heard([step("main-init", "init", "running")]);
    expect(wait(watched, 59, () => watched.alive(1))).toBeNull();
    expect(wait(watched, 5, () => watched.alive(1))?.failure).toMatchObject({
      cause: "phase-budget",
      phase: "init",
      step: "main-init",
      machine: "cp0",
    });
  });

  it("names machine, phase and the last console lines of a machine that does not come up", () => {
    const watched = dog();
    watched.heard([
      step("cp0-ready", "ssh", "running"),
      printed("command", "cp0-ready", "waiting for SSH"),
      printed("console", null, "Booting", "Kernel panic"),
    ]);
    const end = wait(watched, 60, () => watched.alive(1));
    expect(end?.second).toBe(31);
    expect(end?.failure).toMatchObject({
      cause: "boot-timeout",
      phase: "ssh",
      machine: "cp0",
      lastOutput: ["Booting", "Kernel panic"],
      next: "resume",
    });
    expect(end?.failure.reasons).toEqual([message("not-up", { machine: "cp0", seconds: 30 })]);
  });

  it("reports it when a machine's console never showed anything", () => {
    const watched = dog();
    watched.heard([step("cp0-ready", "ssh", "running")]);
    expect(wait(watched, 60, () => watched.alive(1))?.failure.reasons).toEqual([message("not-up-silent", { machine: "cp0", seconds: 30 })]);
  });

  it("gives up a process that does not answer or is stopped, also within a step", () => {
    const silent = dog();
    silent.heard([step("main-init", "init", "running")]);
    expect(wait(silent, 30)?.failure).toMatchObject({ cause: "engine-hung", step: "main-init", phase: "init" });
    const stopped = dog();
    stopped.heard([step("main-init", "init", "running")]);
    const end = wait(stopped, 30, (second) => stopped.alive(second), { stopped: ["pulumi"], memoryMiB: 1 });
    expect(end?.failure).toMatchObject({ cause: "engine-hung" });
    expect(end?.failure.reasons).toEqual([message("engine-stopped", { processes: ["pulumi"], seconds: 20 })]);
  });

  it("does not blame the engine for its own sleep", () => {
    const watched = dog();
    watched.heard([step("cp0-ready", "ssh", "running")]);
    expect(watched.tick(3_600_000, well)).toBeNull();
    expect(wait(watched, 30 - longestTickMs / 1_000, () => watched.alive(1))).toBeNull();
  });

  it("gives up a run that grows beyond its memory", () => {
    const end = dog().tick(1_000, { stopped: [], memoryMiB: 600 });
    expect(end).toMatchObject({ cause: "out-of-memory", next: "free-room" });
    expect(end?.reasons).toEqual([message("engine-memory", { used: 600, limit: 512 })]);
  });
});
