import { describe, expect, it } from "vitest";
import { buildSpec, firstMachineNames, withNetworkIndex } from "#app/domain/cluster/build-spec.ts";
import { exampleOfSeveral, examplePool, exampleRequest, exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { changeOf, reviseSpec } from "#app/domain/cluster/revise-spec.ts";
import { addressOf, type ClusterSpec, endpointOf, hasVirtualEndpoint, kubernetesOf, publishedApiPort } from "#app/domain/cluster/spec.ts";
import { addedControlPlanes, canRejoin, controlPlaneFor, keepsQuorum, refusedChoice, refusedCount } from "./control-planes.ts";

const several = exampleSpec({ topology: exampleOfSeveral });
const one = exampleSpec({ topology: exampleOfSeveral, controlPlanes: 1 });
const single = exampleSpec();
const offered = exampleOfSeveral.controlPlanes;
const { settings, networkIndex, keys } = exampleRequest();
const grown = (previous: ClusterSpec, controlPlanes: number | undefined, live: ClusterSpec | null = previous, change = {}): ClusterSpec =>
  reviseSpec({
    previous,
    live,
    change: { ...changeOf(previous), controlPlanes, ...change },
    networkIndex,
    settings,
    hostKeys: keys.hostKeys,
  });
const names = (spec: ClusterSpec) => kubernetesOf(spec).controlPlane;

describe("a cluster of several control planes", () => {
  it("has as many as are usual unless a person says another number, all of one size", () => {
    expect(names(several)).toEqual(["cp0", "cp1", "cp2"]);
    expect(names(exampleSpec({ topology: exampleOfSeveral, controlPlanes: 5 }))).toHaveLength(5);
    expect(names(one)).toEqual(["cp0"]);
    expect(several.machines.map((m) => m.name)).toEqual(firstMachineNames({ controlPlanes: 3 }, [examplePool()]));
  });

  it("is reached at an address that no machine has, and so is its published port", () => {
    expect(endpointOf(several)).toEqual({ address: "10.91.7.9", port: 6443, virtual: true });
    expect(several.machines.map(addressOf)).not.toContain("10.91.7.9");
    expect(several.published.find((p) => p.purpose === "api")).toMatchObject({
      machine: null,
      port: publishedApiPort(several),
      target: 6443,
    });
  });

  it("keeps a shared address when it gets another network", () => {
    const moved = withNetworkIndex(several, 9, settings);
    expect(endpointOf(moved)).toEqual({ address: "10.91.9.9", port: 6443, virtual: true });
    expect(moved.published.find((p) => p.purpose === "api")?.machine).toBeNull();
    expect(endpointOf(withNetworkIndex(single, 9, settings))).toEqual({ address: "10.91.9.10", port: 6443 });
  });

  it("leaves a cluster with one control plane as it was", () => {
    expect(kubernetesOf(single).endpoint).toEqual({ address: "10.91.7.10", port: 6443 });
    expect(hasVirtualEndpoint(single)).toBe(false);
    expect(single.published[0]).toEqual({ port: 20_448, machine: "cp0", target: 6443, purpose: "api" });
    expect(grown(single, undefined).kubernetes).toEqual(single.kubernetes);
  });
});

describe("growth", () => {
  it("adds control planes that are like the first, and changes nothing of what is there", () => {
    const three = grown(one, 3);
    expect(names(three)).toEqual(["cp0", "cp1", "cp2"]);
    expect(three.machines.filter((m) => one.machines.some((old) => old.name === m.name))).toEqual(one.machines);
    expect(three.machines.find((m) => m.name === "cp2")).toMatchObject({
      role: "control-plane",
      pool: null,
      sinceRevision: 2,
      vcpus: one.machines[0]?.vcpus,
      disks: one.machines[0]?.disks,
    });
    expect(new Set(three.published.map((p) => p.port)).size).toBe(three.published.length);
    expect(names(grown(three, 5))).toEqual(["cp0", "cp1", "cp2", "cp3", "cp4"]);
    expect(names(grown(three, undefined))).toEqual(names(three));
  });

  it("gives old and new ones the size of the same change", () => {
    expect(
      new Set(
        grown(one, 3, one, { controlPlane: { vcpus: 4, memoryMiB: 4096 } })
          .machines.filter((m) => m.role === "control-plane")
          .map((m) => m.vcpus),
      ),
    ).toEqual(new Set([4]));
  });

  it("names the machines that need keys, and those that live keep theirs", () => {
    expect(addedControlPlanes({ previous: one, live: one }, { controlPlanes: 3 })).toEqual(["cp1", "cp2"]);
    expect(addedControlPlanes({ previous: one, live: one }, {})).toEqual([]);
    expect(addedControlPlanes({ previous: grown(one, 3), live: one }, { controlPlanes: 5 })).toEqual(["cp3", "cp4"]);
  });
});

describe("a number of control planes", () => {
  const refused = (asked: number | undefined, previous: ClusterSpec, live: ClusterSpec | null = previous) =>
    refusedCount(offered, asked, { previous, live }).map((i) => [i.code, i.params]);

  it("must be one that the blueprint offers", () => {
    expect(refusedChoice(offered, 2)).toEqual([
      { field: "controlPlanes", code: "controlPlanes.choice", params: { value: 2, choices: "1, 3, 5" } },
    ]);
    expect([undefined, 1, 3, 5].flatMap((asked) => refusedChoice(offered, asked))).toEqual([]);
    expect(refused(2, one)).toEqual([["controlPlanes.choice", { value: 2, choices: "1, 3, 5" }]]);
  });

  it("is not lowered in a cluster that exists, but a revision that was not completed may be taken back", () => {
    expect(refused(1, several)).toEqual([["controlPlanes.fewer", { value: 1, now: 3 }]]);
    expect(refused(1, grown(one, 3), one)).toEqual([]);
    expect(refused(1, several, null)).toEqual([["controlPlanes.fewer", { value: 1, now: 3 }]]);
  });

  it("is not raised where the API has the address of one machine", () => {
    expect(refused(3, single)).toEqual([["controlPlanes.endpoint", { value: 3 }]]);
    expect([refused(undefined, single), refused(1, single), refused(5, several)]).toEqual([[], [], []]);
  });
});

describe("control planes to each other", () => {
  it("one speaks for all machines, and the second one for the first", () => {
    const on = (machine: string) => controlPlaneFor(several, machine).name;
    expect(["cp0", "cp1", "cp2", "w1"].map(on)).toEqual(["cp1", "cp0", "cp0", "cp0"]);
    expect(controlPlaneFor(single, "cp0").name).toBe("cp0");
  });

  it("etcd answers while more than half have their disk", () => {
    expect([[], ["cp0"], ["cp0", "cp2"]].map((lost) => keepsQuorum(several, lost))).toEqual([true, true, false]);
    expect([keepsQuorum(single, []), keepsQuorum(single, ["cp0"]), keepsQuorum(single, ["w1"])]).toEqual([true, false, true]);
  });

  it("one that is lost joins again, when it is the only one", () => {
    const five = exampleSpec({ topology: exampleOfSeveral, controlPlanes: 5 });
    expect([
      canRejoin(five, ["cp4"]),
      canRejoin(five, ["cp3", "cp4"]),
      canRejoin(several, ["cp1", "w1"]),
      canRejoin(single, ["cp0"]),
    ]).toEqual([true, false, true, false]);
  });
});

it("refuses nothing that a spec of this kind needs", () => {
  expect(() => buildSpec(exampleRequest({ topology: exampleOfSeveral, controlPlanes: 5, workers: 50 }))).not.toThrow();
});
