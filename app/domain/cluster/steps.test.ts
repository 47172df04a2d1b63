import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ClusterStep, clusterStepName, clusterSteps, type MachineStep, machineStepName, machineSteps, placeOf, stepOf } from "./steps.ts";

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
