import { expect, test } from "vitest";
import type { CapacityLeft } from "#app/services/hosts/portal-capacity.ts";
import { offerOf } from "./offer.ts";
import type { CurrentCluster } from "./current-cluster.ts";

const amount = (left: number) => ({ total: left + 10, committed: 10, left });
const capacity: CapacityLeft = {
  hostId: "local",
  name: "kvm-1",
  state: "open",
  reachable: true,
  hostName: "quay-1",
  vcpus: amount(8),
  memoryMiB: amount(8192),
  diskGiB: amount(100),
  networks: amount(10),
  memoryReserveMiB: 0,
  heldBy: { clusters: [], others: null },
};
const view = { room: capacity, durations: { 3: [600, 420, 480] }, nextNetwork: "10.91.7.0/24" };
const poolAt = (at: number, fields: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(fields).map(([name, text]) => [`pools[${at}].${name}`, text]));
const base = { controlPlaneSize: "small", controlPlaneDiskGiB: "20" };
const draft = { ...base, ...poolAt(0, { name: "workers", size: "small", count: "2", diskGiB: "20" }) };
const workers = (count: string) => ({ ...draft, "pools[0].count": count });
const candidates = (...names: readonly string[]) => names.map((name) => ({ name, pool: "workers", trouble: null }));
const standing: CurrentCluster = {
  blueprint: "single",
  reserved: null,
  network: "10.91.3.0/24",
  disks: {},
  fewest: 1,
  controlPlanes: ["cp0"],
  services: [],
  pools: [],
};

test("the sum of all machines, what is left, and how long earlier ones took", () => {
  const offer = offerOf(draft, view, null);
  expect(offer?.total).toEqual({ machines: 3, vcpus: 6, memoryMiB: 6144, diskGiB: 60 });
  expect(offer?.memoryLeftMiB).toBe(2048);
  expect(offer?.refusals).toEqual([]);
  expect(offer?.time).toMatchObject({ median: 480, low: 420, high: 600, runs: 3 });
});

test("what does not fit is named with its numbers", () => {
  const offer = offerOf(workers("4"), view, null);
  expect(offer?.refusals).toEqual([
    { code: "memory", unit: "MiB", needed: 10_240, available: 8192 },
    { code: "vcpus", unit: "vCPU", needed: 10, available: 8 },
  ]);
});

test("of a host that does not answer nothing is said: neither that it fits nor that it does not", () => {
  const none = { total: 0, committed: 10, left: 0 };
  const offer = offerOf(draft, { ...view, room: { ...capacity, reachable: false, vcpus: none, memoryMiB: none, diskGiB: none } }, null);
  expect([offer?.refusals, offer?.memoryLeftMiB]).toEqual([[], null]);
});

test("changing a cluster needs capacity only for what is added to what it has reserved", () => {
  const reserved = { vcpus: 4, memoryMiB: 4096, diskGiB: 40 };
  expect(offerOf(workers("4"), view, { ...standing, reserved })?.refusals).toEqual([]);
});

test("a draft has reserved nothing: changing one asks for as much as creating one", () => {
  const asked = workers("4");
  expect(offerOf(asked, view, standing)?.refusals).toEqual(offerOf(asked, view, null)?.refusals);
});

test("disks that exist keep their size, whatever is asked for new ones", () => {
  const pool = {
    name: "workers",
    vcpus: 2,
    memoryMiB: 2048,
    diskGiB: 20,
    labels: "",
    taints: "",
    nodes: ["w1"],
    candidates: candidates("w1"),
  };
  const existing = { ...standing, disks: { cp0: 20, w1: 25 }, pools: [pool] };
  expect(offerOf({ ...draft, controlPlaneDiskGiB: "99", "pools[0].diskGiB": "40" }, view, existing)?.total.diskGiB).toBe(20 + 25 + 40);
});

test("of nodes that go, the disks are not counted", () => {
  const pool = {
    name: "workers",
    vcpus: 2,
    memoryMiB: 2048,
    diskGiB: 20,
    labels: "",
    taints: "",
    nodes: ["w1", "w2"],
    candidates: candidates("w2", "w1"),
  };
  const existing = { ...standing, disks: { cp0: 20, w1: 25, w2: 100 }, pools: [pool] };
  expect(offerOf(workers("1"), view, existing)?.total.diskGiB).toBe(20 + 25);
  expect(offerOf({ ...workers("1"), "pools[0].remove": "w1" }, view, existing)?.total.diskGiB).toBe(20 + 100);
});

test("all pools count together", () => {
  const both = { ...draft, ...poolAt(1, { name: "gpu", size: "large", count: "1", diskGiB: "50" }) };
  expect(offerOf(both, view, null)?.total).toEqual({ machines: 4, vcpus: 10, memoryMiB: 10_240, diskGiB: 110 });
  expect(offerOf({ ...both, "pools[0].count": "30", "pools[1].count": "21" }, view, null)).toBeNull();
});

test("custom numbers count once they can be read, and nothing is invented before", () => {
  const custom = { ...draft, "pools[0].size": "custom", "pools[0].vcpus": "3", "pools[0].memoryMiB": "3072" };
  expect(offerOf(custom, view, null)?.total.memoryMiB).toBe(2048 + 2 * 3072);
  expect(offerOf(workers(""), view, null)).toBeNull();
  expect(offerOf(workers("many"), view, null)).toBeNull();
  expect(offerOf(workers("9999"), view, null)).toBeNull();
});

test("a range without a free network is reported", () => {
  expect(offerOf(draft, { ...view, nextNetwork: null }, null)?.refusals.map((r) => r.code)).toEqual(["addresses"]);
});

test("a cluster that keeps its network needs no free one; a draft that lost its network does", () => {
  const codes = (network: string | null) =>
    offerOf(draft, { ...view, nextNetwork: null }, { ...standing, network })?.refusals.map((r) => r.code);
  expect(codes("10.91.3.0/24")).toEqual([]);
  expect(codes(null)).toEqual(["addresses"]);
  expect(offerOf(draft, view, { ...standing, network: null })?.refusals).toEqual([]);
});
