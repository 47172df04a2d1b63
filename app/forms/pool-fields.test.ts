import { describe, expect, it } from "vitest";
import { examplePool, exampleSpec } from "#app/domain/cluster/example-spec.ts";
import type { FieldIssue } from "#app/domain/problem.ts";
import { clusterFormSchema, formOf, toSpecInput } from "./cluster-form.ts";
import { issuesOf } from "./rules.ts";

const good = { name: "demo", kubernetesVersion: "1.35.4" };
const poolsOf = (form: object) => toSpecInput(clusterFormSchema().parse({ ...good, ...form })).pools;

function issues(form: object): readonly FieldIssue[] {
  const parsed = clusterFormSchema().safeParse({ ...good, ...form });
  return parsed.success ? [] : issuesOf(parsed.error);
}

const pool = (change: object) => ({ pools: [{ name: "gpu", ...change }] });

describe("node pools in the form", () => {
  it("have a size, a disk, a number of machines, labels and taints, each with a default", () => {
    expect(poolsOf(pool({}))).toEqual([examplePool({ name: "gpu" })]);
    expect(poolsOf(pool({ count: 2, vcpus: 4, memoryMiB: 8192, diskGiB: 50, labels: "a=b\nc=", taints: "gpu=yes:NoSchedule" }))).toEqual([
      {
        name: "gpu",
        count: 2,
        vcpus: 4,
        memoryMiB: 8192,
        diskGiB: 50,
        labels: { a: "b", c: "" },
        taints: [{ key: "gpu", value: "yes", effect: "NoSchedule" }],
      },
    ]);
    expect(poolsOf(pool({ labels: { a: "b" }, taints: [{ key: "gpu", effect: "NoExecute" }] }))[0]).toMatchObject({
      labels: { a: "b" },
      taints: [{ key: "gpu", value: "", effect: "NoExecute" }],
    });
  });

  it.each<[object, FieldIssue]>([
    [pool({ name: "" }), { field: "pools[0].name", code: "pool.nameRequired", params: {} }],
    [pool({ name: "GPU" }), { field: "pools[0].name", code: "name.label", params: { value: "GPU" } }],
    [pool({ name: "1st" }), { field: "pools[0].name", code: "name.label", params: { value: "1st" } }],
    [pool({ name: "x".repeat(21) }), { field: "pools[0].name", code: "name.long", params: { max: 20 } }],
    [pool({ name: "control-plane" }), { field: "pools[0].name", code: "reserved.kubernetes", params: { value: "control-plane" } }],
    [pool({ name: "system" }), { field: "pools[0].name", code: "reserved.system", params: { value: "system" } }],
    [{ pools: [{ name: "a" }, { name: "a" }] }, { field: "pools[1].name", code: "pool.nameTaken", params: { value: "a" } }],
    [pool({ count: -1 }), { field: "pools[0].count", code: "workers.range", params: { min: 0, max: 50 } }],
    [pool({ count: 1.5 }), { field: "pools[0].count", code: "workers.range", params: { min: 0, max: 50 } }],
    [
      {
        pools: [
          { name: "a", count: 30 },
          { name: "b", count: 21 },
        ],
      },
      { field: "pools[1].count", code: "pool.workers", params: { max: 50, value: 51 } },
    ],
    [pool({ size: "huge" }), { field: "pools[0].size", code: "size.unknown", params: {} }],
    [pool({ size: "custom", vcpus: 2 }), { field: "pools[0].memoryMiB", code: "memoryMiB.required", params: {} }],
    [pool({ vcpus: 64, memoryMiB: 2048 }), { field: "pools[0].vcpus", code: "vcpus.range", params: { min: 1, max: 32 } }],
    [pool({ diskGiB: 5 }), { field: "pools[0].diskGiB", code: "diskGiB.range", params: { min: 10, max: 2000 } }],
    [pool({ labels: "disk" }), { field: "pools[0].labels", code: "pool.label.form", params: { value: "disk", max: 20 } }],
    [pool({ labels: { "a b": "c" } }), { field: "pools[0].labels", code: "pool.label.key", params: { value: "a b", max: 20 } }],
    [pool({ taints: "gpu:Never" }), { field: "pools[0].taints", code: "pool.taint.effect", params: { value: "Never", max: 20 } }],
    [
      pool({ labels: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`k${i}`, "v"])) }),
      { field: "pools[0].labels", code: "pool.label.many", params: { max: 20 } },
    ],
    [pool({ labels: "x".repeat(8_001) }), { field: "pools[0].labels", code: "pool.label.long", params: { max: 8_000 } }],
    [
      pool({ taints: Array.from({ length: 21 }, (_, i) => ({ key: `k${i}`, effect: "NoSchedule" })) }),
      { field: "pools[0].taints", code: "pool.taint.many", params: { max: 20 } },
    ],
    [pool({ remove: Array(51).fill("w1") }), { field: "pools[0].remove", code: "pool.removeMany", params: { max: 50 } }],
    [{ pools: [] }, { field: "pools", code: "pool.none", params: {} }],
    [{ pools: Array.from({ length: 11 }, (_, i) => ({ name: `p${i}` })) }, { field: "pools", code: "pool.many", params: { max: 10 } }],
    [{ pools: [5] }, { field: "pools[0]", code: "field.type", params: {} }],
  ])("%j breaks a rule that names the pool's field", (form, issue) => {
    expect(issues(form)).toContainEqual(issue);
  });

  it("read no list that is too long: a huge one costs one issue", () => {
    expect(issues({ pools: Array(100_000).fill({ name: 1 }) })).toHaveLength(1);
    expect(issues(pool({ labels: Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, i])) }))).toHaveLength(1);
    expect(issues(pool({ remove: "w1,".repeat(100_000) }))).toHaveLength(1);
  });

  it("count all together against the pod range", () => {
    expect(
      issues({
        pools: [
          { name: "a", count: 2 },
          { name: "b", count: 2 },
        ],
        podCidr: "10.244.0.0/22",
      }),
    ).toEqual([{ field: "podCidr", code: "cidr.few", params: { value: "10.244.0.0/22", machines: 5 } }]);
  });

  it("may have no machines, and then no numbers of a custom size either", () => {
    expect(poolsOf(pool({ count: 0, size: "custom" }))[0]).toMatchObject({ count: 0 });
  });
});

describe("without a list", () => {
  it("the fields of the short form describe the pool `workers`", () => {
    expect(poolsOf({ workers: 3, workerVcpus: 3, workerMemoryMiB: 3000, diskGiB: 40 })).toEqual([
      { ...examplePool({ count: 3, diskGiB: 40 }), vcpus: 3, memoryMiB: 3000, short: true },
    ]);
  });

  it("an error names the field as it was sent", () => {
    expect(issues({ workers: 60 })).toEqual([{ field: "workers", code: "workers.range", params: { min: 0, max: 50 } }]);
    expect(issues({ workerSize: "custom", workerVcpus: 2 })).toEqual([
      { field: "workerMemoryMiB", code: "memoryMiB.required", params: {} },
    ]);
  });

  it("beside a list they add that pool, or change it in the list", () => {
    expect(poolsOf({ workers: 2, pools: [{ name: "gpu" }] }).map(({ name, count }) => [name, count])).toEqual([
      ["gpu", 1],
      ["workers", 2],
    ]);
    expect(poolsOf({ workers: 2, pools: [{ name: "workers", size: "large" }] })).toEqual([
      { ...examplePool({ count: 2 }), vcpus: 4, memoryMiB: 4096, short: true },
    ]);
    expect(poolsOf({ diskGiB: 30, pools: [{ name: "gpu" }] }).map(({ name, diskGiB }) => [name, diskGiB])).toEqual([["gpu", 30]]);
  });
});

it("an edit begins with the pools that there are, and what it begins with is accepted", () => {
  const gpu = examplePool({
    name: "gpu",
    count: 2,
    diskGiB: 50,
    labels: { b: "2", a: "1" },
    taints: [{ key: "gpu", value: "", effect: "NoSchedule" }],
  });
  const form = formOf(exampleSpec({ pools: [examplePool(), gpu] }));
  expect(form.pools).toMatchObject([
    { name: "workers" },
    { name: "gpu", count: 2, diskGiB: 50, labels: "a=1\nb=2", taints: "gpu:NoSchedule" },
  ]);
  expect(toSpecInput(clusterFormSchema().parse(form)).pools).toEqual([examplePool(), gpu]);
});
