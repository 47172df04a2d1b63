import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Change } from "#app/domain/plan/plan.ts";
import { type ClusterStep, clusterStepName, clusterSteps, deedOf, type MachineStep, machineStepName, machineSteps, placeOf, stepOf } from "./steps.ts";

const clusterName = fc.stringMatching(/^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/);
const keys = <K extends string>(o: Readonly<Record<K, unknown>>) => fc.constantFrom(...(Object.keys(o) as K[]));

describe("names of steps", () => {
  it("tell machine and phase, whatever the cluster is called", () => {
    fc.assert(fc.property(clusterName, fc.integer({ min: 1, max: 50 }), keys<MachineStep>(machineSteps), (cluster, n, step) => {
      const node = `${cluster}-w${n}`;
      expect(placeOf("command:remote:Command", machineStepName(node, step))).toEqual({ phase: machineSteps[step], machine: node });
    }));
  });

  it("tell the phase of what concerns the whole cluster", () => {
    fc.assert(fc.property(clusterName, keys<ClusterStep>(clusterSteps), (cluster, step) => {
      const place = placeOf("command:remote:Command", clusterStepName(cluster, step));
      expect(place?.phase).toBe(clusterSteps[step]);
    }));
    expect(placeOf("command:remote:Command", "demo-init")).toEqual({ phase: "init", machine: "demo-cp0" });
    expect(placeOf("libvirt:index/network:Network", "demo-network")).toEqual({ phase: "network", machine: null });
  });

  it("tell what a step is and which machine it is about, also where a cluster's name ends like a step", () => {
    fc.assert(fc.property(clusterName, keys<MachineStep>(machineSteps), (cluster, step) => {
      expect(stepOf(machineStepName(`${cluster}-w1`, step))).toEqual({ step, of: `${cluster}-w1` });
    }));
    expect(stepOf("my-network-init")).toEqual({ step: "init", of: "my-network" });
    expect(stepOf("lan")).toBeNull();
  });

  it("leave out what nobody waits for", () => {
    expect(["pulumi:pulumi:Stack", "pulumi:providers:libvirt", "berth:cluster:Machine"].map((t) => placeOf(t, "demo-w1"))).toEqual([null, null, null]);
  });

  it("fall back on the type for resources of other programs", () => {
    expect(placeOf("libvirt:index/network:Network", "lan")?.phase).toBe("network");
    expect(placeOf("libvirt:index/volume:Volume", "x")?.phase).toBe("disks");
  });
});

describe("steps that only arrange something", () => {
  const deed = (name: string, change: Change, beside: Readonly<Record<string, Change>> = {}) => deedOf({ name, change }, new Map(Object.entries(beside)))?.deed;

  it("do nothing when they are made, and nothing when they stay", () => {
    for (const step of ["off", "seat", "rest", "token"] as const) {
      expect([deed(`demo-w1-${step}`, "create"), deed(`demo-w1-${step}`, "same")]).toEqual(["arrange", undefined]);
    }
    expect(deed("demo-w1-join", "create")).toBeUndefined();
  });

  it("are carried out when a machine gets a new size, but not where its disk goes too", () => {
    expect(deed("demo-w1-off", "replace", { "demo-w1": "replace", "demo-w1-disk": "same" })).toBe("renew");
    expect(deed("demo-w1-rest", "replace", { "demo-w1-disk": "replace" })).toBe("again");
    expect([deed("demo-w1-off", "delete", { "demo-w1-disk": "delete" }), deed("demo-w1-rest", "delete", { "demo-w1-disk": "delete" })]).toEqual(["lapse", "lapse"]);
  });

  it("take a worker out of a cluster that stays, and of none that goes", () => {
    expect(deed("my-w1-w12-seat", "delete", { "my-w1-w12": "delete", "my-w1-w12-disk": "delete", "my-w1-cp0": "same" })).toBe("carry");
    expect(deed("my-w1-w12-seat", "delete", { "my-w1-w12": "delete", "my-w1-cp0": "delete" })).toBe("lapse");
  });
});
