import { message } from "#app/domain/message/message.ts";
import { describe, expect, it } from "vitest";
import { budgetsFor } from "#app/domain/operation/budgets.ts";
import type { OperationEvent, StepRef } from "#app/domain/operation/event.ts";
import { createBootWatchdog } from "./boot-watchdog.ts";

const ref = (machine: string): StepRef => ({
  urn: machine,
  name: `${machine}-ready`,
  type: "t",
  step: "ready",
  phase: "ssh",
  machine,
  on: machine,
});
const begun = (machine = "cp0"): OperationEvent => ({ kind: "step", step: ref(machine), change: "create", status: "running" });
const done: OperationEvent = { kind: "step", step: ref("cp0"), change: "create", status: "done" };
const console = (...lines: string[]): OperationEvent => ({ kind: "output", source: "console", machine: "cp0", step: null, lines });
const dialled = (...lines: string[]): OperationEvent => ({ kind: "output", source: "command", machine: "cp0", step: "cp0-ready", lines });
const stall = "[   23.07] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:";

const aid = () => createBootWatchdog(budgetsFor("emulated", { phase: { ssh: 60 }, silenceSeconds: null }));
/** Seconds of a tick each; the seconds at which a machine's power was to be cycled. */
const wait = (boot: ReturnType<typeof aid>, seconds: number, each: (second: number) => void = () => undefined) =>
  Array.from({ length: seconds }, (_, i) => i + 1).filter((second) => {
    each(second);
    return boot.tick(1_000).length > 0;
  });

describe("the boot aid", () => {
  it("leaves a machine alone that comes up in time", () => {
    const boot = aid();
    boot.heard([
      begun(),
      console("[    1.3] mtrr: your CPUs had inconsistent fixed MTRR settings"),
      dialled("waiting for 10.0.0.1:22: no route to host"),
    ]);
    expect(wait(boot, 29)).toEqual([]);
    boot.heard([done]);
    expect(wait(boot, 300)).toEqual([]);
  });

  it.each([
    stall,
    "[ 9.1] watchdog: BUG: soft lockup - CPU#0 stuck for 46s!",
    "[ 1.1] Kernel panic - not syncing: VFS: Unable to mount root fs",
  ])("cycles its power at once when the console says: %s", (line) => {
    const boot = aid();
    boot.heard([begun(), begun("w1")]);
    expect(boot.tick(1_000)).toEqual([]);
    boot.heard([console("before", line, "after")]);
    expect(boot.tick(1_000)).toEqual([{ machine: "cp0", notice: message("restarted-hung", { machine: "cp0", line }) }]);
    expect(boot.tick(1_000)).toEqual([]);
  });

  it("tries twice, no more: the budget has the last word", () => {
    const boot = aid();
    boot.heard([begun()]);
    expect(wait(boot, 100, (second) => second % 10 === 0 && boot.heard([console(stall)]))).toEqual([10, 20]);
  });

  it("cycles the power of a silent machine once, after half of its time", () => {
    const boot = aid();
    boot.heard([begun()]);
    expect(wait(boot, 200)).toEqual([31]);
  });

  it("touches no machine that was reached, nor one whose boot nobody waits for", () => {
    const boot = aid();
    boot.heard([console(stall)]);
    boot.heard([begun(), dialled("connected to 10.0.0.1:22 after 21.5s, 7 dials"), console(stall)]);
    expect(wait(boot, 200)).toEqual([]);
  });
});
