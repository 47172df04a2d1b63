import { expect, test } from "vitest";
import { poolImpact } from "./pool-impact.ts";
import type { CurrentPool } from "./current-cluster.ts";

const candidate = (name: string) => ({ name, pool: "gpu", trouble: null });
const standing: CurrentPool = {
  name: "gpu",
  vcpus: 2,
  memoryMiB: 2048,
  diskGiB: 20,
  labels: "disk=ssd",
  taints: "",
  nodes: ["w1", "w2", "w3"],
  candidates: ["w2", "w3", "w1"].map(candidate),
};
const typed = { name: "gpu", count: "3", size: "small", diskGiB: "20", labels: "disk=ssd", taints: "" };
const none = { added: 0, removed: [], restarted: [], settings: false, diskUnused: false };

test.each([
  ["nothing", {}, none],
  ["another size", { size: "large" }, { ...none, restarted: ["w1", "w2", "w3"] }],
  ["numbers of the same size", { size: "custom", vcpus: "2", memoryMiB: "2048" }, none],
  ["more machines", { count: "5" }, { ...none, added: 2 }],
  ["fewer machines", { count: "1" }, { ...none, removed: ["w2", "w3"] }],
  ["fewer machines, one of them named", { count: "1", remove: "w1" }, { ...none, removed: ["w1", "w2"] }],
  ["fewer and larger machines", { count: "2", size: "large" }, { ...none, removed: ["w2"], restarted: ["w1", "w3"] }],
  ["labels", { labels: "disk=hdd" }, { ...none, settings: true }],
  ["the same labels, written otherwise", { labels: "  disk=ssd\r\n\n" }, none],
  ["labels that are not finished", { labels: "disk" }, none],
  ["taints", { taints: "gpu:NoSchedule" }, { ...none, settings: true }],
  ["taints of nodes that all go", { count: "0", taints: "gpu:NoSchedule" }, { ...none, removed: ["w2", "w3", "w1"] }],
  ["a disk for machines that are added", { count: "4", diskGiB: "40" }, { ...none, added: 1 }],
  ["a disk for nobody", { diskGiB: "40" }, { ...none, diskUnused: true }],
])("%s", (_what, change, impact) => {
  expect(poolImpact({ ...typed, ...change }, standing)).toEqual(impact);
});

test("a new pool adds its machines, and nothing is said of numbers that cannot be read", () => {
  expect(poolImpact({ ...typed, count: "2" }, undefined)).toEqual({ ...none, added: 2 });
  for (const change of [{ count: "" }, { count: "many" }, { count: "51" }, { diskGiB: "" }, { size: "custom", vcpus: "2", memoryMiB: "" }])
    expect(poolImpact({ ...typed, ...change }, standing)).toBeNull();
});

test("a revision that waits has chosen already, until a person names another node", () => {
  const waiting = { ...standing, nodes: ["w2", "w3"] };
  expect(poolImpact({ ...typed, count: "2" }, waiting)?.removed).toEqual(["w1"]);
  expect(poolImpact({ ...typed, count: "2", remove: "w3" }, waiting)?.removed).toEqual(["w3"]);
});
