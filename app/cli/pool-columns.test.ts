import { expect, it } from "vitest";
import { examplePool, exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { poolLines } from "./pool-columns.ts";

const one = exampleSpec({ workers: 1 });
const several = exampleSpec({
  pools: [
    examplePool({ count: 2 }),
    examplePool({
      name: "gpu",
      count: 1,
      vcpus: 4,
      memoryMiB: 8192,
      diskGiB: 60,
      labels: { zone: "b", disk: "ssd" },
      taints: [
        { key: "gpu", value: "", effect: "NoSchedule" },
        { key: "team", value: "ml", effect: "NoExecute" },
      ],
    }),
    examplePool({ name: "later", count: 0 }),
  ],
});

it("each node pool has a line with its number, size, disk, labels, taints and nodes", () => {
  const [head, ...pools] = poolLines({ spec: several, liveSpec: several }).map((line) => line.split(/ {2,}/));
  expect(head).toEqual(["POOL", "COUNT", "SIZE", "DISK", "LABELS", "TAINTS", "NODES"]);
  expect(pools).toEqual([
    ["workers", "2", "2 vCPU 2048 MiB", "20 GiB", "-", "-", "w1,w2"],
    ["gpu", "1", "4 vCPU 8192 MiB", "60 GiB", "disk=ssd,zone=b", "gpu:NoSchedule,team=ml:NoExecute", "w3"],
    ["later", "0", "2 vCPU 2048 MiB", "20 GiB", "-", "-", "-"],
  ]);
});

it("the pools are those whose nodes are listed: of the live revision, and of a draft those that are planned", () => {
  expect(poolLines({ spec: several, liveSpec: one })).toHaveLength(2);
  expect(poolLines({ spec: several, liveSpec: null })).toHaveLength(4);
});
