import { expect, test } from "vitest";
import type { RoomLeft } from "#app/services/hosts/portal-capacity.ts";
import { offerOf } from "./offer.ts";

const amount = (left: number) => ({ total: left + 10, committed: 10, left });
const room: RoomLeft = {
  reachable: true,
  hostName: "quay-1",
  vcpus: amount(8),
  memoryMiB: amount(8192),
  diskGiB: amount(100),
  networks: amount(10),
  memoryReserveMiB: 0,
  heldBy: { clusters: [], others: null },
};
const view = { room, durations: { 3: [600, 420, 480] }, nextNetwork: "10.91.7.0/24" };
const draft = { controlPlaneSize: "small", workerSize: "small", workers: "2", diskGiB: "20" };

test("the sum of all machines, what is left, and how long earlier ones took", () => {
  const offer = offerOf(draft, view, null);
  expect(offer?.total).toEqual({ machines: 3, vcpus: 6, memoryMiB: 6144, diskGiB: 60 });
  expect(offer?.memoryLeftMiB).toBe(2048);
  expect(offer?.refusals).toEqual([]);
  expect(offer?.time).toMatchObject({ median: 480, low: 420, high: 600, runs: 3 });
});

test("what does not fit is named with its numbers", () => {
  const offer = offerOf({ ...draft, workers: "4" }, view, null);
  expect(offer?.refusals).toEqual([
    { code: "memory", unit: "MiB", needed: 10_240, available: 8192 },
    { code: "vcpus", unit: "vCPU", needed: 10, available: 8 },
  ]);
});

test("of a host that does not answer nothing is said: neither that it fits nor that it does not", () => {
  const none = { total: 0, committed: 10, left: 0 };
  const offer = offerOf(draft, { ...view, room: { ...room, reachable: false, vcpus: none, memoryMiB: none, diskGiB: none } }, null);
  expect([offer?.refusals, offer?.memoryLeftMiB]).toEqual([[], null]);
});

test("changing a cluster needs capacity only for what is added to what it has reserved", () => {
  const reserved = { vcpus: 4, memoryMiB: 4096, diskGiB: 40 };
  expect(offerOf({ ...draft, workers: "4" }, view, { reserved, disks: [], network: "10.91.3.0/24" })?.refusals).toEqual([]);
});

test("a draft has reserved nothing: changing one asks for as much as creating one", () => {
  const asked = { ...draft, workers: "4" };
  expect(offerOf(asked, view, { reserved: null, disks: [], network: "10.91.3.0/24" })?.refusals).toEqual(offerOf(asked, view, null)?.refusals);
});

test("disks that exist keep their size, whatever is asked for new ones", () => {
  expect(offerOf({ ...draft, diskGiB: "40" }, view, { reserved: null, disks: [20, 20], network: "10.91.3.0/24" })?.total.diskGiB).toBe(80);
});

test("custom numbers count once they can be read, and nothing is invented before", () => {
  const custom = { ...draft, workerSize: "custom", workerVcpus: "3", workerMemoryMiB: "3072" };
  expect(offerOf(custom, view, null)?.total.memoryMiB).toBe(2048 + 2 * 3072);
  expect(offerOf({ ...draft, workers: "" }, view, null)).toBeNull();
  expect(offerOf({ ...draft, workers: "many" }, view, null)).toBeNull();
  expect(offerOf({ ...draft, workers: "9999" }, view, null)).toBeNull();
});

test("a range without a free network says so", () => {
  expect(offerOf(draft, { ...view, nextNetwork: null }, null)?.refusals.map((r) => r.code)).toEqual(["addresses"]);
});

test("a cluster that keeps its network needs no free one; a draft that lost its network does", () => {
  const codes = (network: string | null) => offerOf(draft, { ...view, nextNetwork: null }, { reserved: null, disks: [], network })?.refusals.map((r) => r.code);
  expect(codes("10.91.3.0/24")).toEqual([]);
  expect(codes(null)).toEqual(["addresses"]);
  expect(offerOf(draft, view, { reserved: null, disks: [], network: null })?.refusals).toEqual([]);
});
