import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { portsPerCluster } from "#app/domain/network/addresses.ts";
import { buildSpec, firstMachineNames } from "./build-spec.ts";
import { addedBy } from "./pool-slots.ts";
import { exampleOfSchema1 } from "./example-schema-1.ts";
import { changeOf, reviseSpec } from "./revise-spec.ts";
import { readSpec } from "./schema-1.ts";
import type { PoolInput, Revision, SpecChange, Topology } from "./spec-input.ts";
import { examplePool, exampleRequest, exampleSpec } from "./example-spec.ts";
import { sameSpec, specChanges } from "./spec-changes.ts";
import { limits, sizes } from "./sizes.ts";
import {
  addressOf,
  type ClusterSpec,
  controlPlaneOf,
  interfaceOf,
  kubernetesOf,
  machineNamed,
  poolOf,
  poolsOf,
  publishedApiPort,
  publishedSshPort,
  workersOf,
} from "./spec.ts";

const hostKeys = Object.fromEntries(
  firstMachineNames({ controlPlanes: 1 }, [{ count: 200 }]).map((name) => [name, `ssh-ed25519 AAAA${name}`]),
);
const { settings, networkIndex } = exampleRequest();

const change = (previous: ClusterSpec, to: Partial<SpecChange>, more: Partial<Revision> = {}): ClusterSpec =>
  reviseSpec({ previous, live: null, change: { ...changeOf(previous), ...to }, settings, networkIndex, hostKeys, ...more });
const revise = (previous: ClusterSpec, workers: number, more: Partial<Revision> = {}): ClusterSpec =>
  change(previous, { pools: [examplePool({ count: workers })] }, more);
/** How many different names, libvirt names, addresses, MACs and ports its machines have. */
const distinct = ({ machines, ...spec }: ClusterSpec): readonly number[] => {
  const facts: readonly (readonly unknown[])[] = [
    machines.map((m) => m.name),
    machines.map((m) => m.libvirtName),
    machines.map(addressOf),
    machines.map((m) => interfaceOf(m).mac),
    machines.map((m) => publishedSshPort(spec, m.name)),
  ];
  return facts.map((values) => new Set(values).size);
};
const names = (spec: ClusterSpec) => workersOf(spec).map((w) => w.name);

describe("the first revision", () => {
  it("decides everything", () => {
    expect(exampleSpec({ workers: 2 })).toMatchSnapshot();
  });

  it("never gives two machines the same name, address, MAC or port", () => {
    fc.assert(
      fc.property(fc.nat(limits.workers.max), (workers) => {
        const spec = exampleSpec({ workers });
        expect(distinct(spec)).toEqual(Array(5).fill(workers + 1));
      }),
      { numRuns: 30 },
    );
  });

  it("refuses a machine without a host key", () => {
    const request = exampleRequest({ workers: 1 });
    expect(() => buildSpec({ ...request, keys: { ...request.keys, hostKeys: {} } })).toThrow(/cp0: it has no SSH host key/);
  });

  it("publishes SSH of further control planes on ports of the cluster's own block, beside those of most workers", () => {
    const topology: Topology = {
      id: "three",
      distribution: "kubeadm",
      controlPlanes: { choices: [3], usual: 3 },
      virtualEndpoint: false,
      apiServer: true,
      sizedDisks: true,
    };
    const spec = exampleSpec({ topology, workers: limits.workers.max });
    expect(spec.machines.slice(0, 4).map((m) => m.name)).toEqual(["cp0", "cp1", "cp2", "w1"]);
    expect(kubernetesOf(spec).controlPlane).toEqual(["cp0", "cp1", "cp2"]);
    const first = publishedApiPort(spec) ?? expect.fail();
    const ports = spec.published.map((p) => p.port);
    expect(ports).toHaveLength(1 + 3 + limits.workers.max);
    expect(new Set(ports).size).toBe(ports.length);
    for (const port of ports) expect([port >= first, port < first + portsPerCluster]).toEqual([true, true]);
  });

  it("has no API server and disks as large as the image when its blueprint asks for that", () => {
    const topology: Topology = {
      id: "machines",
      distribution: "plain",
      controlPlanes: { choices: [1], usual: 1 },
      virtualEndpoint: false,
      apiServer: false,
      sizedDisks: false,
    };
    const spec = exampleSpec({ topology, workers: 1 });
    expect([kubernetesOf(spec).endpoint, publishedApiPort(spec)]).toEqual([null, null]);
    expect(spec.machines.flatMap((m) => m.disks.map((d) => d.gib))).toEqual([null, null]);
    expect(workersOf(revise(spec, 2)).flatMap((m) => m.disks.map((d) => d.gib))).toEqual([null, null]);
  });
});

describe("add-ons in a further revision", () => {
  const sample = { id: "sample", version: "1.0", kubernetes: "main", settings: { replicas: 3 } };
  const bare = exampleSpec({ workers: 1 });
  const spec: ClusterSpec = { ...bare, addOns: [sample] };

  it("stay as they are when nothing is said about them", () => {
    expect(revise(spec, 2).addOns).toEqual([sample]);
    expect(changeOf(spec).addOns).toEqual(["sample"]);
    expect(sameSpec(change(spec, {}), spec)).toBe(true);
  });

  it("are no property of the spec once the last one is removed, so that it equals one that never had any", () => {
    const without = change(spec, { addOns: [] });
    expect(without).not.toHaveProperty("addOns");
    expect(without).toEqual({ ...bare, revision: 2 });
    expect(specChanges(spec, without)).toEqual([
      { about: "addOn", name: "sample", field: "version", before: "1.0", after: null },
      { about: "addOn", name: "sample", field: "kubernetes", before: "main", after: null },
      { about: "addOn", name: "sample", field: "settings.replicas", before: "3", after: null },
    ]);
  });

  it("keep version and settings of the live revision when a discarded one had dropped them", () => {
    expect(change(change(spec, { addOns: [] }), { addOns: ["sample"] }, { live: spec }).addOns).toEqual([sample]);
  });
});

describe("a further revision", () => {
  it("adds workers at the end, marked with the revision that brought them", () => {
    const next = revise(exampleSpec({ workers: 1 }), 3);
    expect(workersOf(next).map((w) => [w.name, w.sinceRevision])).toEqual([
      ["w1", 1],
      ["w2", 2],
      ["w3", 2],
    ]);
    expect(next.revision).toBe(2);
  });

  it("removes the youngest workers when nothing is said about them", () => {
    expect(names(revise(exampleSpec({ workers: 3 }), 1))).toEqual(["w1"]);
  });

  const shrunk = (previous: ClusterSpec, live: ClusterSpec, workers: number, removeFirst: readonly string[]): ClusterSpec =>
    change(previous, { pools: [examplePool({ count: workers })], removeFirst }, { live });

  it("removes the named workers first, and leaves out names that are not there", () => {
    const live = exampleSpec({ workers: 4 });
    expect(names(shrunk(live, live, 3, ["w2"]))).toEqual(["w1", "w3", "w4"]);
    expect(names(shrunk(live, live, 1, ["w9", "other-w1", "cp0", "w2", "w2"]))).toEqual(["w1"]);
    expect(names(shrunk(live, live, 0, ["w2"]))).toEqual([]);
  });

  it("keeps the choice of a revision that was written and not carried out, whatever is found since", () => {
    const live = exampleSpec({ workers: 3 });
    const written = shrunk(live, live, 2, ["w1"]);
    expect(names(shrunk(written, live, 2, ["w3"]))).toEqual(["w2", "w3"]);
    expect(names(shrunk(written, live, 1, ["w3"]))).toEqual(["w1"]);
  });

  it("gives a new worker the lowest free slot", () => {
    const live = shrunk(exampleSpec({ workers: 3 }), exampleSpec({ workers: 3 }), 2, ["w1"]);
    expect(addedBy({ previous: live, live, pools: [examplePool({ count: 4 })] })).toEqual(["w1", "w4"]);
    expect(names(revise(live, 4, { live }))).toEqual(["w1", "w2", "w3", "w4"]);
  });

  it("always has as many workers as asked, and adds none but those that the key maker is told of", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(8), fc.array(fc.nat(9), { maxLength: 4 }), fc.boolean()), { minLength: 1, maxLength: 8 }),
        (changes) => {
          let [previous, live] = [exampleSpec({ workers: 2 }), exampleSpec({ workers: 2 })];
          for (const [workers, worst, carriedOut] of changes) {
            const added = addedBy({ previous, live, pools: [examplePool({ count: workers })] });
            const next = shrunk(
              previous,
              live,
              workers,
              worst.map((n) => `w${n}`),
            );
            const before = new Set([...previous.machines, ...live.machines].map((m) => m.name));
            expect(names(next)).toHaveLength(workers);
            expect(names(next).filter((n) => !before.has(n))).toEqual(added);
            previous = next;
            if (carriedOut) live = next;
          }
        },
      ),
    );
  });

  it("changes nothing of the machines that stay, over any series of changes", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(8), { minLength: 1, maxLength: 8 }), (counts) => {
        let spec = exampleSpec({ workers: 2 });
        for (const workers of counts) {
          const next = revise(spec, workers);
          const stay = Math.min(workersOf(spec).length, workers) + 1;
          expect(next.machines.slice(0, stay)).toEqual(spec.machines.slice(0, stay));
          expect(next.published.slice(0, stay + 1)).toEqual(spec.published.slice(0, stay + 1));
          expect(withoutMachines(next)).toEqual(withoutMachines(spec));
          spec = next;
        }
      }),
    );
  });

  it("gives a living machine back what it has when an unapplied revision had dropped it", () => {
    const live = revise(exampleSpec({ workers: 1 }), 2);
    const dropped = revise(live, 1, { live });
    const back = revise(dropped, 2, { live });
    expect(back.machines).toEqual(live.machines);
    expect(back.published).toEqual(live.published);
    expect(addedBy({ previous: dropped, live, pools: [examplePool({ count: 3 })] })).toEqual(["w3"]);
  });

  it("resizes in place and leaves disks alone; only machines that are added get the new disk", () => {
    const before = exampleSpec({ workers: 1 });
    const after = change(before, { controlPlane: sizes.large, pools: [examplePool({ count: 2, diskGiB: 99 })] });
    expect(controlPlaneOf(after)).toEqual({ ...controlPlaneOf(before), ...sizes.large });
    expect(machineNamed(after, "w1")).toEqual(machineNamed(before, "w1"));
    expect(machineNamed(after, "w2").disks).toEqual([{ gib: 99, source: "file" }]);
  });

  it("gives the same spec when only its number differs", () => {
    const spec = exampleSpec({ workers: 2 });
    expect(sameSpec(spec, revise(spec, 2))).toBe(true);
    expect(sameSpec(spec, revise(spec, 1))).toBe(false);
  });

  it("adds no property to the spec of a cluster that an earlier version made", () => {
    const spec = readSpec(exampleOfSchema1({ name: "former", workers: 1 }));
    expect(change(spec, {})).toEqual({ ...spec, revision: 2 });
  });

  it("changes nothing but the name when the cluster is renamed", () => {
    const spec = exampleSpec({ workers: 2 });
    expect(change(spec, { name: "harbour" })).toEqual({ ...spec, name: "harbour", revision: 2 });
  });

  it("keeps ports and addresses of what lives when the operator's settings are others by now", () => {
    const spec = exampleSpec({ workers: 1 });
    const next = revise(spec, 2, { settings: { networkRange: "10.200.0.0/16", portBase: 30_000 } });
    expect(next.published.slice(0, 3)).toEqual(spec.published);
    expect(addressOf(machineNamed(next, "w2"))).toBe("10.91.7.22");
  });
});

/** What no change of machines may touch. */
function withoutMachines(spec: ClusterSpec): object {
  const { machines: _machines, revision: _revision, published: _published, kubernetes, ...rest } = spec;
  return { ...rest, kubernetes: kubernetes.map(({ pools: _pools, ...k }) => k) };
}

describe("several node pools", () => {
  const small = examplePool({ name: "small", count: 2 });
  const gpu = examplePool({
    name: "gpu",
    ...sizes.large,
    count: 1,
    diskGiB: 50,
    labels: { accelerator: "nvidia" },
    taints: [{ key: "gpu", value: "yes", effect: "NoSchedule" }],
  });
  const both = exampleSpec({ pools: [small, gpu] });
  const nodes = (spec: ClusterSpec) => Object.fromEntries(poolsOf(spec).map((pool) => [pool.name, pool.nodes]));
  const count = (pool: PoolInput, n: number): PoolInput => ({ ...pool, count: n });
  const pools = (
    previous: ClusterSpec,
    wanted: readonly PoolInput[],
    { live = previous, removeFirst = [] }: { readonly live?: ClusterSpec | null; readonly removeFirst?: readonly string[] } = {},
  ) => change(previous, { pools: wanted, removeFirst }, { live });

  it("share one series of slots, and each machine says its pool and has its size and disk", () => {
    expect(nodes(both)).toEqual({ small: ["w1", "w2"], gpu: ["w3"] });
    expect(both.machines.map((m) => m.name)).toEqual(["cp0", "w1", "w2", "w3"]);
    expect(machineNamed(both, "w3")).toMatchObject({ pool: "gpu", ...sizes.large, disks: [{ gib: 50 }] });
    expect(both.machines.map((m) => m.pool)).toEqual([null, "small", "small", "gpu"]);
    expect(poolOf(both, "w2")?.name).toBe("small");
    expect(firstMachineNames({ controlPlanes: 1 }, [small, gpu])).toEqual(both.machines.map((m) => m.name));
  });

  it("carry labels and taints, from the input into the spec and from one revision to the next", () => {
    expect(poolsOf(both)[1]).toMatchObject({ labels: gpu.labels, taints: gpu.taints });
    expect(changeOf(both).pools).toEqual([small, gpu]);
    expect(poolsOf(change(both, {}))).toEqual(poolsOf(both));
    expect(poolsOf(pools(both, [small, { ...gpu, labels: {}, taints: [] }]))[1]).toMatchObject({ labels: {}, taints: [] });
  });

  it("grow by themselves: the other pool keeps its machines, and slots need not be in a row", () => {
    const next = pools(both, [count(small, 3), gpu]);
    expect(nodes(next)).toEqual({ small: ["w1", "w2", "w4"], gpu: ["w3"] });
    expect(next.machines.map((m) => m.name)).toEqual(["cp0", "w1", "w2", "w3", "w4"]);
    expect(machineNamed(next, "w3")).toEqual(machineNamed(both, "w3"));
    expect(addedBy({ previous: both, live: both, pools: [count(small, 3), count(gpu, 2)] })).toEqual(["w4", "w5"]);
  });

  it("that are added take free slots, and those that are left out go with their machines", () => {
    const cache = examplePool({ name: "cache", count: 2 });
    const more = pools(both, [small, gpu, cache]);
    expect(nodes(more)).toEqual({ small: ["w1", "w2"], gpu: ["w3"], cache: ["w4", "w5"] });
    const fewer = pools(more, [small, cache]);
    expect(nodes(fewer)).toEqual({ small: ["w1", "w2"], cache: ["w4", "w5"] });
    expect(fewer.published.some((p) => p.machine === "w3")).toBe(false);
    expect(nodes(pools(fewer, [small, cache, count(gpu, 1)]))).toEqual({ small: ["w1", "w2"], cache: ["w4", "w5"], gpu: ["w3"] });
  });

  it("never take over a machine of another pool: the disk of one that lives is not another pool's", () => {
    const replaced = pools(both, [examplePool({ name: "new", count: 3 })]);
    expect(nodes(replaced)).toEqual({ new: ["w4", "w5", "w6"] });
    expect(nodes(pools(both, [count(gpu, 0), count(small, 3)]))).toEqual({ gpu: [], small: ["w1", "w2", "w4"] });
  });

  it("choose each by itself which node goes: the named ones of that pool, else its youngest", () => {
    const wide = exampleSpec({ pools: [count(small, 3), count(gpu, 3)] });
    expect(nodes(pools(wide, [count(small, 2), count(gpu, 2)], { removeFirst: ["w1", "w9"] }))).toEqual({
      small: ["w2", "w3"],
      gpu: ["w4", "w5"],
    });
    expect(nodes(pools(wide, [count(small, 3), count(gpu, 2)], { removeFirst: ["w1", "w4"] }))).toEqual({
      small: ["w1", "w2", "w3"],
      gpu: ["w5", "w6"],
    });
  });

  it("give a machine that lives its slot back in its own pool, whatever a revision in between had dropped or added", () => {
    const dropped = pools(both, [gpu, examplePool({ name: "new", count: 2 })]);
    expect(nodes(dropped)).toEqual({ gpu: ["w3"], new: ["w4", "w5"] });
    const back = pools(dropped, [small, gpu], { live: both });
    expect(back.machines).toEqual(both.machines);
    expect(back.published).toEqual(both.published);
  });

  it("are resized one by one", () => {
    const next = pools(both, [{ ...small, ...sizes.medium }, gpu]);
    expect(workersOf(next).map((m) => m.memoryMiB)).toEqual([4096, 4096, 4096]);
    expect(workersOf(next).map((m) => m.vcpus)).toEqual([2, 2, 4]);
    expect(poolsOf(next)[0]).toMatchObject(sizes.medium);
  });

  const poolNames = ["a", "b", "c", "d"] as const;
  const wantedPools = fc
    .uniqueArray(fc.constantFrom(...poolNames), { maxLength: 4 })
    .chain((chosen) => fc.tuple(...chosen.map((name) => fc.nat(5).map((n) => examplePool({ name, count: n })))));
  const series = fc.array(fc.record({ wanted: wantedPools, worst: fc.array(fc.nat(9), { maxLength: 3 }), carriedOut: fc.boolean() }), {
    minLength: 1,
    maxLength: 6,
  });

  it("have as many machines as asked, each in one pool and with its own name, address and port, and what lives stays what it is, over any series of changes", () => {
    fc.assert(
      fc.property(series, (changes) => {
        let [previous, live] = [
          exampleSpec({ pools: [examplePool({ name: "a", count: 2 })] }),
          exampleSpec({ pools: [examplePool({ name: "a", count: 2 })] }),
        ];
        for (const { wanted, worst, carriedOut } of changes) {
          const added = addedBy({ previous, live, pools: wanted });
          const next = pools(previous, wanted, { live, removeFirst: worst.map((n) => `w${n}`) });
          expect(poolsOf(next).map((p) => [p.name, p.nodes.length])).toEqual(wanted.map((p) => [p.name, p.count]));
          const workers = next.machines.slice(1);
          expect([...names(next)].sort()).toEqual(workers.map((m) => m.name).sort());
          expect(workers.map((m) => m.pool)).toEqual(workers.map((m) => poolOf(next, m.name)?.name));
          expect(distinct(next)).toEqual(Array(5).fill(next.machines.length));
          const before = new Map([...previous.machines, ...live.machines].map((m) => [m.name, m]));
          expect(
            names(next)
              .filter((n) => !before.has(n))
              .sort(),
          ).toEqual([...added].sort());
          expect(next.machines).toEqual(next.machines.map((m) => before.get(m.name) ?? m));
          // As many as can stay do stay.
          for (const { name, count: n } of wanted) {
            const [written, living, now] = [previous, live, next].map((of) => poolsOf(of).find((p) => p.name === name)?.nodes ?? []);
            if (written?.length !== n) expect(now?.filter((node) => living?.includes(node))).toHaveLength(Math.min(living?.length ?? 0, n));
          }
          previous = next;
          if (carriedOut) live = next;
        }
      }),
      { numRuns: 60 },
    );
  });

  it("stay within the cluster's own ports when all machines are replaced by those of another pool", () => {
    const many = exampleSpec({ pools: [examplePool({ name: "old", count: 40 })] });
    const next = pools(many, [examplePool({ name: "new", count: 40 })]);
    const first = publishedApiPort(next) ?? expect.fail();
    for (const { port } of next.published) expect([port, port >= first && port < first + portsPerCluster]).toEqual([port, true]);
    expect(new Set(next.published.map((p) => p.port)).size).toBe(next.published.length);
  });
});
