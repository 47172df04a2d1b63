import { expect, test } from "vitest";
import { changeOf, reviseSpec } from "#app/domain/cluster/revise-spec.ts";
import type { PoolInput } from "#app/domain/cluster/spec-input.ts";
import { examplePool, exampleRequest, exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { addressOf, type ClusterSpec, machineNamed } from "#app/domain/cluster/spec.ts";
import { specChanges } from "#app/domain/cluster/spec-changes.ts";
import { specChangeLines } from "./spec-change-lines.ts";

const withPools = (spec: ClusterSpec, ...pools: readonly PoolInput[]): ClusterSpec => {
  const { settings, networkIndex, keys } = exampleRequest();
  return reviseSpec({ previous: spec, live: spec, change: { ...changeOf(spec), pools }, settings, networkIndex, hostKeys: keys.hostKeys });
};
const one = exampleSpec({ workers: 1 });
const two = withPools(one, examplePool({ count: 2 }));
const worker = { role: "worker", vcpus: "2", memoryMiB: "2048", diskGiB: "20" };

test("a machine that is added is one line with its size, whatever Berth decided about it besides", () => {
  expect(specChangeLines(specChanges(one, two))).toEqual([
    { kind: "machine-added", of: "w2", values: { ...worker, address: addressOf(machineNamed(two, "w2")) } },
  ]);
});

test("a machine that goes is one line", () => {
  expect(specChangeLines(specChanges(two, one))).toMatchObject([{ kind: "machine-removed", of: "w2" }]);
});

test("a value that changes is one line with both values; keys and names that follow from it are none", () => {
  const [cp, ...rest] = one.machines;
  const larger = {
    ...one,
    kubernetes: one.kubernetes.map((k) => ({ ...k, version: "1.36.0" })),
    machines: cp === undefined ? rest : [{ ...cp, memoryMiB: 4096, sshHostKey: "another" }, ...rest],
  };
  expect(specChangeLines(specChanges(one, larger))).toEqual([
    { kind: "value", of: null, field: "version", before: "1.35.4", after: "1.36.0" },
    { kind: "value", of: "cp0", field: "memoryMiB", before: "2048", after: "4096" },
  ]);
});

test("a first revision counts its machines", () => {
  expect(specChangeLines(specChanges(null, one)).flatMap((line) => (line.kind === "machine-added" ? [line.of] : []))).toEqual([
    "cp0",
    "w1",
  ]);
});

test("a node pool that comes or goes is one line with its number of machines, beside the lines of those", () => {
  const more = withPools(one, examplePool(), examplePool({ name: "gpu", count: 2 }));
  const added = specChangeLines(specChanges(one, more));
  expect(added.map((line) => [line.kind, line.of])).toEqual([
    ["pool-added", "gpu"],
    ["machine-added", "w2"],
    ["machine-added", "w3"],
  ]);
  expect(added[0]).toMatchObject({ count: "2" });
  expect(specChangeLines(specChanges(more, one)).map((line) => [line.kind, line.of])).toEqual([
    ["pool-removed", "gpu"],
    ["machine-removed", "w2"],
    ["machine-removed", "w3"],
  ]);
});

test("the published port of the API server is a line where it changes, and those of SSH are none", () => {
  const moved = { ...one, published: one.published.map((p) => ({ ...p, port: p.port + 64 })) };
  expect(specChangeLines(specChanges(one, moved))).toEqual([
    { kind: "value", of: null, field: "api.port", before: "20448", after: "20512" },
  ]);
});

test("an add-on that comes or goes is one line with its version, and a new version one with both", () => {
  const sample = { id: "sample", version: "1.0", kubernetes: "main", settings: { replicas: 3 } };
  const with1: ClusterSpec = { ...one, addOns: [sample] };
  const with2: ClusterSpec = { ...one, addOns: [{ ...sample, version: "2.0" }] };
  expect(specChangeLines(specChanges(one, with1))).toEqual([{ kind: "add-on-added", of: "sample", version: "1.0" }]);
  expect(specChangeLines(specChanges(with1, one))).toEqual([{ kind: "add-on-removed", of: "sample", version: "1.0" }]);
  expect(specChangeLines(specChanges(with1, with2))).toEqual([
    { kind: "value", of: "sample", field: "version", before: "1.0", after: "2.0" },
  ]);
});

test("labels and taints of a pool are lines of that pool", () => {
  const labelled = withPools(one, examplePool({ labels: { disk: "ssd" }, taints: [{ key: "gpu", value: "", effect: "NoSchedule" }] }));
  expect(specChangeLines(specChanges(one, labelled))).toEqual([
    { kind: "value", of: "workers", field: "labels", before: "", after: "disk=ssd" },
    { kind: "value", of: "workers", field: "taints", before: "", after: "gpu:NoSchedule" },
  ]);
});

test("a pool that comes hides no change of another thing with the same name", () => {
  const named = withPools(one, examplePool(), examplePool({ name: "main", count: 0 }), examplePool({ name: "w1", count: 0 }));
  const after = {
    ...named,
    kubernetes: named.kubernetes.map((k) => ({ ...k, version: "1.36.0" })),
    machines: named.machines.map((m) => (m.name === "w1" ? { ...m, memoryMiB: 4096 } : m)),
  };
  expect(specChangeLines(specChanges(one, after)).flatMap((line) => (line.kind === "value" ? [[line.of, line.field]] : []))).toEqual([
    [null, "version"],
    ["w1", "memoryMiB"],
  ]);
});
