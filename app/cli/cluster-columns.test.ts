import { expect, it } from "vitest";
import { clusterColumns, type ListedCluster } from "./cluster-columns.ts";

const cluster: ListedCluster = {
  tenant: "ada",
  name: "demo",
  state: "ready",
  power: "on",
  kubernetesVersion: "1.35.4",
  controlPlanes: 1,
  workers: 2,
  vcpus: 6,
  memoryMiB: 8192,
  live: { controlPlanes: 1, workers: 1, vcpus: 4, memoryMiB: 8192, diskGiB: 40 },
  createdAt: 0,
};
const shown = (change: Partial<ListedCluster>) =>
  clusterColumns.filter((c) => ["NODES", "VCPU", "MEMORY"].includes(c.title)).map((c) => c.value({ ...cluster, ...change }));

it("the list shows what lives, and beside it what is planned to become of it", () => {
  expect(shown({})).toEqual(["1+1 → 1+2", "4 → 6", "8192 MiB"]);
  expect(shown({ live: { controlPlanes: 1, workers: 2, vcpus: 6, memoryMiB: 8192, diskGiB: 60 } })).toEqual(["1+2", "6", "8192 MiB"]);
});

it("of what was never brought to life only the plan is shown, and an older portal says no more than that", () => {
  expect(shown({ live: null })).toEqual(["- → 1+2", "- → 6", "- → 8192 MiB"]);
  expect(shown({ live: undefined })).toEqual(["1+2", "6", "8192 MiB"]);
});
