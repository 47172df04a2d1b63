import { describe, expect, it } from "vitest";
import { buildSpec, neededBy, withNetworkIndex } from "#app/domain/cluster/build-spec.ts";
import { exampleOfSeveral, exampleRequest, exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { changeOf, reviseSpec } from "#app/domain/cluster/revise-spec.ts";
import { limits } from "#app/domain/cluster/sizes.ts";
import {
  addressOf,
  type ClusterSpec,
  isNode,
  machineNamed,
  nodesOf,
  publishedSshPort,
  serviceMachinesOf,
  serviceOf,
  workersOf,
} from "#app/domain/cluster/spec.ts";
import type { Revision, SpecChange, SpecRequest } from "#app/domain/cluster/spec-input.ts";
import { specChanges } from "#app/domain/cluster/spec-changes.ts";
import { nodeService } from "#tests/plain/service.ts";
import { addedServiceMachines, refusedServices } from "./chosen.ts";

const pair = { ...nodeService, id: "pair", machines: 2 };
const known = [nodeService, pair];
const image = { name: "node-1.35.4", contentHash: "0".repeat(64) };
const request = (services: readonly string[], change: Parameters<typeof exampleRequest>[0] = {}): SpecRequest => {
  const made = exampleRequest({ ...change, services });
  const hostKeys = {
    ...made.keys.hostKeys,
    ...Object.fromEntries(["store0", "pair0", "pair1"].map((name) => [name, `ssh-ed25519 AAAA${name}`])),
  };
  return { ...made, keys: { ...made.keys, hostKeys }, serviceKinds: known, serviceImages: { node: image } };
};
const { networkIndex, settings, keys } = request([]);
const revise = (previous: ClusterSpec, to: Partial<SpecChange>, more: Partial<Revision> = {}) =>
  reviseSpec({
    previous,
    live: null,
    change: { ...changeOf(previous), ...to },
    networkIndex,
    settings,
    hostKeys: keys.hostKeys,
    serviceKinds: known,
    serviceImages: { node: image },
    ...more,
  });
const names = (spec: ClusterSpec) => serviceMachinesOf(spec).map((m) => m.name);

describe("a cluster with services", () => {
  const spec = buildSpec(request(["pair", "store"], { workers: 1 }));

  it("has their machines after its nodes, in the order of the registry, with size, disk and image of their kind", () => {
    expect(spec.services).toEqual([
      { kind: "store", machines: ["store0"], settings: { text: "kept" } },
      { kind: "pair", machines: ["pair0", "pair1"], settings: { text: "kept" } },
    ]);
    expect(spec.machines.map((m) => m.name)).toEqual(["cp0", "w1", "store0", "pair0", "pair1"]);
    expect(machineNamed(spec, "store0")).toMatchObject({
      role: "service",
      pool: null,
      image,
      vcpus: 2,
      memoryMiB: 2048,
      disks: [{ gib: 30 }],
      libvirtName: `${spec.prefix}-store0`,
    });
  });

  it("counts them among no pool and no nodes", () => {
    expect([nodesOf(spec), workersOf(spec)].map((machines) => machines.map((m) => m.name))).toEqual([["cp0", "w1"], ["w1"]]);
    expect(["cp0", "w1", "store0"].map((name) => isNode(spec, name))).toEqual([true, true, false]);
    expect([serviceOf(spec, "pair1")?.kind, serviceOf(spec, "w1")]).toEqual(["pair", undefined]);
  });

  it("gives each an address and a port that no node takes", () => {
    expect(serviceMachinesOf(spec).map(addressOf)).toEqual(["10.91.7.230", "10.91.7.231", "10.91.7.232"]);
    const full = buildSpec(
      request(["store", "pair"], { topology: exampleOfSeveral, controlPlanes: limits.controlPlanes.max, workers: limits.workers.max }),
    );
    expect(new Set(full.machines.map(addressOf)).size).toBe(full.machines.length);
    expect(new Set(full.published.map(({ port }) => port)).size).toBe(full.published.length);
    expect(publishedSshPort(spec, "store0")).toBe(20_000 + 64 * 7 + 52);
  });

  it("keeps them when a draft moves to another network", () => {
    const moved = withNetworkIndex(spec, 9, settings);
    expect(moved.machines.map((m) => [m.name, addressOf(m)])).toContainEqual(["pair1", "10.91.9.232"]);
    expect(moved.services).toEqual(spec.services);
  });

  it("takes what they need from the host as well", () => {
    const { topology, input } = request(["pair"], { workers: 1 });
    expect(neededBy(topology, input, known)).toEqual({ machines: 4, vcpus: 8, memoryMiB: 8192, diskGiB: 100 });
  });
});

describe("a change of services", () => {
  const without = buildSpec(request([], { workers: 1 }));
  const live = revise(without, { services: ["store"] });

  it("has no such property without any, also when the last one goes", () => {
    expect([without, revise(live, { services: [] }, { live })].map((spec) => Object.hasOwn(spec, "services"))).toEqual([false, false]);
    expect(exampleSpec()).not.toHaveProperty("services");
  });

  it("adds and removes their machines and leaves every other one as it is", () => {
    expect(live.machines.slice(0, 2)).toEqual(without.machines);
    expect(machineNamed(live, "store0").sinceRevision).toBe(2);
    const gone = revise(live, { services: [] }, { live });
    expect([gone.machines, gone.published]).toEqual([without.machines, without.published]);
    expect(specChanges(without, live)).toContainEqual({
      about: "service",
      name: "store",
      field: "machines",
      before: null,
      after: "store0",
    });
  });

  it("says nothing of services: they stay, with settings that this version would choose differently", () => {
    const old: ClusterSpec = { ...live, services: [{ kind: "store", machines: ["store0"], settings: { text: "older" } }] };
    const next = revise(old, { services: ["store"], pools: [] });
    expect(next.services).toEqual(old.services);
    expect(
      reviseSpec({
        previous: old,
        live: null,
        change: { name: "demo", controlPlane: { vcpus: 2, memoryMiB: 2048 }, pools: [] },
        networkIndex,
        settings,
        hostKeys: {},
        serviceKinds: [],
      }).services,
    ).toEqual(old.services);
  });

  it("gives a living machine back what it has when an unapplied revision had dropped it, and its address to no other until then", () => {
    const dropped = revise(live, { services: ["pair"] }, { live });
    expect(serviceMachinesOf(dropped).map(addressOf)).toEqual(["10.91.7.231", "10.91.7.232"]);
    const back = revise(dropped, { services: ["store"] }, { live });
    expect([back.machines, back.services]).toEqual([live.machines, live.services]);
    expect(names(revise(dropped, { services: ["store", "pair"] }, { live }))).toEqual(["store0", "pair0", "pair1"]);
  });

  it("names the machines that need keys", () => {
    expect(addedServiceMachines({ ids: ["store", "pair"], before: [live] }, known)).toEqual(["pair0", "pair1"]);
  });
});

describe("rules about a choice", () => {
  it("refuse a kind that does not exist, unless the cluster has it", () => {
    expect(refusedServices({ ids: ["storage"], before: [] }, known)).toEqual([
      { field: "services", code: "service.unknown", params: { value: "storage" } },
    ]);
    const live = buildSpec(request(["store"]));
    expect(refusedServices({ ids: ["store"], before: [live] }, [])).toEqual([]);
  });

  it("refuse more machines than there are addresses for", () => {
    const many = { ...pair, machines: 8 };
    expect(refusedServices({ ids: ["pair", "store"], before: [] }, [nodeService, many])).toEqual([
      { field: "services", code: "service.many", params: { value: 9, max: 8 } },
    ]);
    expect(refusedServices({ ids: ["pair"], before: [] }, [many])).toEqual([]);
  });

  it("are an error for whoever did not ask them", () => {
    expect(() => buildSpec(request(["storage"]))).toThrow(/there is no storage/);
    expect(() => buildSpec({ ...request(["store"]), serviceImages: {} })).toThrow(/there is no image for store/);
  });
});
