import { describe, expect, it } from "vitest";
import type { Change } from "#app/domain/plan/plan.ts";
import { exampleOfSeveral, examplePool, exampleSpec } from "./example-spec.ts";
import type { ClusterSpec } from "./spec.ts";
import { exampleWithService } from "#tests/plain/service.ts";
import {
  addOnStepName,
  addOnSteps,
  clusterStepName,
  effectOf,
  isAboutWholeCluster,
  kubernetesSteps,
  machinesNeededBy,
  machineStepName,
  type MachineStep,
  machineSteps,
  networkSteps,
  placeOf,
  powerSteps,
  serviceSteps,
  type StepKind,
  stepKinds,
  stepTable,
} from "./steps.ts";

const spec = exampleSpec({ workers: 2 });
const withAddOn: ClusterSpec = { ...spec, addOns: [{ id: "sample", version: "1.0", kubernetes: "main", settings: {} }] };
const table = stepTable([spec]);
const keys = <K extends string>(o: Readonly<Record<K, unknown>>) => Object.keys(o) as K[];
const command = "command:remote:Command";

describe("the table of steps", () => {
  it("has every step of every machine with its phase, whatever the machine is called", () => {
    // Nothing is read out of a name: these look like steps, like other machines, and like the network.
    const odd = ["main", "w1-join", "cp0", "my-w1-w12", "network"];
    const named: ClusterSpec = {
      ...spec,
      machines: odd.map((name) => ({ ...(spec.machines[1] ?? expect.fail()), name })),
      kubernetes: spec.kubernetes.map((k) => ({ ...k, key: "k", controlPlane: ["cp0"] })),
      networks: [],
    };
    const places = stepTable([named]);
    for (const name of odd.filter((n) => n !== "w1-join"))
      for (const step of keys(machineSteps))
        expect(places.get(machineStepName(name, step))).toMatchObject({ step, phase: machineSteps[step].phase, machine: name });
  });

  it("has the steps of the network, which have no machine, and of Kubernetes, whose commands run on the control plane", () => {
    for (const step of keys(networkSteps))
      expect(placeOf(table, command, clusterStepName("main", step))).toEqual({ step, phase: networkSteps[step], machine: null, on: null });
    for (const step of keys(kubernetesSteps))
      expect(placeOf(table, command, clusterStepName("main", step))).toEqual({
        step,
        phase: kubernetesSteps[step],
        machine: "cp0",
        on: "cp0",
      });
  });

  it("has saving and waking, which run beside the engine and need no machine that is on", () => {
    for (const step of keys(powerSteps)) {
      const place = table.get(clusterStepName("main", step)) ?? expect.fail();
      expect(place).toEqual({ step, phase: "ready", machine: null, on: null });
      expect(machinesNeededBy(place)).toEqual([]);
    }
    expect(machinesNeededBy(table.get("w1-clock") ?? expect.fail())).toEqual(["w1"]);
  });

  it("has a step for each add-on, which runs on the control plane and names the add-on", () => {
    expect(placeOf(stepTable([withAddOn]), command, addOnStepName("main", "sample"))).toEqual({
      step: "addOn",
      phase: "ready",
      machine: "cp0",
      on: "cp0",
      addOn: "sample",
    });
    expect(machinesNeededBy(stepTable([withAddOn]).get("main-add-on-sample") ?? expect.fail())).toEqual(["cp0"]);
    expect(table.has("main-add-on-sample")).toBe(false);
    // Of a revision before, so that its removal is a step as well.
    expect(stepTable([withAddOn, spec]).has("main-add-on-sample")).toBe(true);
  });

  it("has the steps of a service machine, which run on that machine, and none of them for a node", () => {
    const served = stepTable([exampleWithService({ workers: 1 })]);
    for (const step of keys(serviceSteps))
      expect(served.get(`store0-${step}`)).toEqual({ step, phase: "ready", machine: "store0", on: "store0" });
    expect(served.has("w1-setup")).toBe(false);
    expect(machinesNeededBy(served.get("store0-setup") ?? expect.fail())).toEqual(["store0"]);
    // Of a revision before, so that its removal is a step as well.
    expect(stepTable([spec, exampleWithService()]).has("store0-check")).toBe(true);
  });

  it("says on which machine the script of a step runs", () => {
    const on = (step: MachineStep) => table.get(machineStepName("w1", step))?.on;
    expect((["disk", "seed", "machine", "off"] as const).map(on)).toEqual([null, null, null, null]);
    expect((["ready", "join"] as const).map(on)).toEqual(["w1", "w1"]);
    expect((["seat", "token", "member", "rest", "labels"] as const).map(on)).toEqual(["cp0", "cp0", "cp0", "cp0", "cp0"]);
  });

  it("lets another control plane do what is about one of several, and each wait for itself", () => {
    const several = stepTable([exampleSpec({ topology: exampleOfSeveral })]);
    const on = (name: string) => several.get(name)?.on;
    expect((["cp0-seat", "cp0-token", "cp1-seat", "cp2-token", "w1-seat"] as const).map(on)).toEqual(["cp1", "cp1", "cp0", "cp0", "cp0"]);
    expect((["cp0-rest", "cp1-rest", "cp2-join", "cp1-renewal", "w1-rest"] as const).map(on)).toEqual(["cp0", "cp1", "cp2", "cp1", "cp0"]);
  });

  it("names each resource once, and every kind of step", () => {
    const all = stepTable([{ ...exampleWithService({ workers: 1 }), addOns: withAddOn.addOns }]);
    const rows = [...all.values()];
    expect(all.size).toBe(
      keys(networkSteps).length +
        keys(kubernetesSteps).length +
        keys(powerSteps).length +
        keys(addOnSteps).length +
        3 * keys(machineSteps).length +
        keys(serviceSteps).length,
    );
    expect(new Set(rows.map((row) => row.step))).toEqual(new Set(stepKinds));
  });

  it("holds machines of every revision that it is made from", () => {
    const grown = exampleSpec({ pools: [examplePool(), examplePool({ name: "gpu", count: 3 })] });
    const both = stepTable([spec, grown]);
    expect([table.has("w4-join"), both.has("w4-join"), both.has("w2-join")]).toEqual([false, true, true]);
    expect(both.size).toBe(stepTable([grown]).size);
  });

  it("leaves out what nobody waits for", () => {
    expect(["pulumi:pulumi:Stack", "pulumi:providers:libvirt", "berth:cluster:Machine"].map((t) => placeOf(table, t, "w1"))).toEqual([
      null,
      null,
      null,
    ]);
  });

  it("falls back on the type for resources of other programs", () => {
    expect(placeOf(table, "libvirt:index/network:Network", "lan")).toEqual({ step: null, phase: "network", machine: null, on: null });
    expect(placeOf(table, "libvirt:index/volume:Volume", "x")?.phase).toBe("disks");
    expect(placeOf(table, "libvirt:index/domain:Domain", "w9")?.phase).toBe("boot");
    expect(placeOf(table, command, "w9-join")).toEqual({ step: null, phase: "ready", machine: null, on: null });
  });
});

describe("steps about the whole cluster", () => {
  it("are those of the network, of all machines together, of Kubernetes and of add-ons", () => {
    expect([...stepKinds.filter(isAboutWholeCluster)].sort()).toEqual([
      "addOn",
      "awake",
      "certificates",
      "cni",
      "init",
      "kubeconfig",
      "network",
      "pool",
      "save",
      "smoke",
      "wake",
    ]);
    expect(isAboutWholeCluster(null)).toBe(false);
  });
});

describe("machines that a step needs", () => {
  const needed = (name: string) => machinesNeededBy(table.get(name) ?? expect.fail());

  it("are the one where its script runs, and of a membership the one that becomes a node, too", () => {
    expect(["w1-join", "w1-seat", "w1-member", "cp0-ready", "main-smoke"].map(needed)).toEqual([
      ["w1"],
      ["cp0"],
      ["cp0", "w1"],
      ["cp0"],
      ["cp0"],
    ]);
  });

  it("are none where no script runs", () => {
    expect(["w1", "w1-disk", "w1-off", "main-network"].map(needed)).toEqual([[], [], [], []]);
    expect(machinesNeededBy({ step: null, machine: "w1", on: "w1" })).toEqual([]);
  });
});

describe("steps that only arrange something", () => {
  const rowOf = ([name, change]: readonly [string, Change]) => ({ ...(table.get(name) ?? expect.fail(`${name} is no resource`)), change });
  const effect = (name: string, change: Change, beside: Readonly<Record<string, Change>> = {}) =>
    effectOf(rowOf([name, change]), Object.entries(beside).map(rowOf))?.effect;

  it("do nothing when they are made, and nothing when they stay", () => {
    for (const step of ["off", "seat", "rest", "token"] as const satisfies readonly StepKind[]) {
      expect([effect(`w1-${step}`, "create"), effect(`w1-${step}`, "same")]).toEqual(["arrange", undefined]);
    }
    expect(effect("w1-join", "create")).toBeUndefined();
  });

  it("are carried out when a machine gets a new size, but not where its disk goes too", () => {
    expect(effect("w1-off", "replace", { w1: "replace", "w1-disk": "same" })).toBe("renew");
    expect(effect("w1-rest", "replace", { "w1-disk": "replace" })).toBe("again");
    expect([effect("w1-off", "delete", { "w1-disk": "delete" }), effect("w1-rest", "delete", { "w1-disk": "delete" })]).toEqual([
      "lapse",
      "lapse",
    ]);
  });

  it("do not take another machine's disk or another machine for their own", () => {
    expect(effect("w1-off", "replace", { w1: "replace", "w2-disk": "replace" })).toBe("renew");
    expect(effect("w2-seat", "delete", { w1: "delete", w2: "delete" })).toBe("carry");
  });

  it("take a worker out of a cluster that stays, and of none that goes", () => {
    expect(effect("w2-seat", "delete", { w2: "delete", "w2-disk": "delete", cp0: "same" })).toBe("carry");
    expect(effect("w2-seat", "delete", { w2: "delete", cp0: "delete" })).toBe("lapse");
  });
});
