import { message } from "#app/domain/message/message.ts";
import { describe, expect, it } from "vitest";
import type { StepKind } from "#app/domain/cluster/steps.ts";
import type { OperationEvent, Phase, StepRef } from "#app/domain/operation/event.ts";
import { createMachineWatch } from "./machine-watch.ts";

const ref = (name: string, step: StepKind, phase: Phase, machine: string, on: string | null = machine): StepRef => ({
  urn: name,
  name,
  type: "command:remote:Command",
  step,
  phase,
  machine,
  on,
});
const ready = (machine: string) => ref(`${machine}-ready`, "ready", "ssh", machine);
const init = ref("main-init", "init", "init", "cp0");
const begun = (step: StepRef, change: "create" | "replace" | "delete" = "create"): OperationEvent => ({
  kind: "step",
  step,
  change,
  status: "running",
});
const ended = (step: StepRef): OperationEvent => ({ kind: "step", step, change: "create", status: "done" });
const dialled = (machine: string): OperationEvent => ({
  kind: "output",
  source: "command",
  machine,
  step: `${machine}-ready`,
  lines: [`connected to 10.0.0.1:22 after 3.1s, 2 dials`],
});
const console = (...lines: string[]): OperationEvent => ({ kind: "output", source: "console", machine: "cp0", step: null, lines });
const off = new Set(["cp0"]);
const nothing = { switchOn: [], failure: null };

describe("the watch over machines", () => {
  it("asks libvirt only while something is waited for", () => {
    const watch = createMachineWatch();
    expect(watch.awaits()).toBe(false);
    watch.heard([begun(init)]);
    expect(watch.awaits()).toBe(true);
    watch.heard([ended(init)]);
    expect(watch.awaits()).toBe(false);
    watch.heard([begun(init, "delete"), begun(ref("w1-off", "off", "boot", "w1", null))]);
    expect(watch.awaits()).toBe(false);
  });

  it("switches a machine on again that went off while it booted, twice at most, and only when two checks agree", () => {
    const watch = createMachineWatch();
    watch.heard([begun(ready("cp0")), begun(ready("w1"))]);
    expect(watch.saw(off)).toEqual(nothing);
    expect(watch.saw(new Set())).toEqual(nothing);
    for (let times = 0; times < 2; times++) {
      expect(watch.saw(off)).toEqual(nothing);
      expect(watch.saw(off)).toEqual({ switchOn: ["cp0"], failure: null });
    }
    expect(watch.saw(off)).toEqual(nothing);
    expect(watch.saw(off).failure).toMatchObject({
      cause: "machine-stopped",
      machine: "cp0",
      step: "cp0-ready",
      phase: "ssh",
      next: "resume",
    });
  });

  it("leaves a machine off that is being replaced, until its new one is dialled", () => {
    const watch = createMachineWatch();
    watch.heard([begun(ready("cp0"), "replace")]);
    expect([watch.saw(off), watch.saw(off), watch.saw(off)]).toEqual([nothing, nothing, nothing]);
    watch.heard([{ kind: "output", source: "command", machine: "cp0", step: "cp0-ready", lines: ["waiting for 10.0.0.1:22"] }]);
    watch.saw(off);
    expect(watch.saw(off).switchOn).toEqual(["cp0"]);
  });

  it("gives up what ran on a machine that is off, with what was seen of it last", () => {
    const watch = createMachineWatch();
    watch.heard([console("before the end"), begun(init)]);
    watch.saw(off);
    const { failure } = watch.saw(off);
    expect(failure).toMatchObject({
      cause: "machine-stopped",
      machine: "cp0",
      step: "main-init",
      phase: "init",
      lastOutput: ["before the end"],
    });
    expect(failure?.reasons).toEqual([message("machine-off", { machine: "cp0", step: "main-init" })]);
  });

  it("knows that a machine that has to become a node must be on as well", () => {
    const watch = createMachineWatch();
    watch.heard([begun(ref("w1-member", "member", "join", "w1", "cp0"))]);
    watch.saw(new Set(["w1"]));
    expect(watch.saw(new Set(["w1"])).failure).toMatchObject({ machine: "w1", step: "w1-member" });
  });

  it.each(["seat", "token", "rest"] as const)("knows that the %s of a worker runs on the control plane", (step) => {
    const watch = createMachineWatch();
    watch.heard([begun(ref(`w1-${step}`, step, "join", "w1", "cp0"))]);
    watch.saw(new Set(["w1"]));
    expect(watch.saw(new Set(["w1"]))).toEqual(nothing);
    watch.saw(off);
    expect(watch.saw(off).failure).toMatchObject({ cause: "machine-stopped", machine: "cp0", step: `w1-${step}` });
  });

  it("does not switch a machine on that had been reached: its session is lost", () => {
    const watch = createMachineWatch();
    watch.heard([begun(ready("cp0")), dialled("cp0")]);
    watch.saw(off);
    expect(watch.saw(off)).toMatchObject({ switchOn: [], failure: { cause: "machine-stopped" } });
  });
});
