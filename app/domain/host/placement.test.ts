import { describe, expect, it } from "vitest";
import type { LibvirtHost } from "./libvirt-host.ts";
import { chooseHost, type HostOffer, onlyOpenHost } from "./placement.ts";

const host = (id: string, state: LibvirtHost["state"] = "open"): LibvirtHost => ({
  id,
  name: `host-${id}`,
  state,
  networkRange: "10.91.0.0/16",
  portBase: 20_000,
  publishedHost: id,
  memoryReserveMiB: 0,
});
const amounts = (memoryMiB: number) => ({ vcpus: 8, memoryMiB, diskGiB: 100 });
const none = { vcpus: 0, memoryMiB: 0, diskGiB: 0 };
const offer = (id: string, memoryMiB: number, change: Partial<HostOffer> = {}): HostOffer => ({
  host: host(id),
  limit: amounts(memoryMiB),
  reserved: none,
  networkFree: true,
  ...change,
});
const needed = { vcpus: 4, memoryMiB: 4_096, diskGiB: 40 };
const reasons = (offers: readonly HostOffer[]) => {
  const choice = chooseHost(offers, needed);
  return choice.host === null ? choice.refusals.map((r) => [r.hostId, r.host, r.reason]) : choice.host.id;
};

describe("the host of a new cluster", () => {
  it("is the only one that takes clusters, whatever it has left: the plan says what is missing", () => {
    expect(reasons([offer("a", 0, { limit: null, networkFree: false })])).toBe("a");
    expect(reasons([offer("a", 0), offer("b", 99_999, { host: host("b", "closed") })])).toBe("a");
  });

  it("is of several the one with the most memory left", () => {
    expect(reasons([offer("a", 8_000), offer("b", 16_000)])).toBe("b");
    expect(reasons([offer("a", 8_000), offer("b", 16_000, { reserved: { ...none, memoryMiB: 10_000 } })])).toBe("a");
    expect(reasons([offer("b", 8_000), offer("a", 8_000)])).toBe("a");
  });

  it("is none on which the cluster does not fit, although it has more memory", () => {
    expect(reasons([offer("a", 8_000), offer("b", 16_000, { reserved: { ...none, diskGiB: 61 } })])).toBe("a");
    expect(reasons([offer("a", 8_000), offer("b", 16_000, { networkFree: false })])).toBe("a");
    expect(reasons([offer("a", 8_000), offer("b", 16_000, { limit: null })])).toBe("a");
  });

  it("takes what is left to the last MiB", () => {
    expect(reasons([offer("a", 4_096), offer("b", 4_095)])).toBe("a");
  });

  it("does not exist where none fits: each host is named with its reason", () => {
    const offers = [
      offer("a", 4_095),
      offer("b", 9_000, { limit: { ...amounts(9_000), vcpus: 3 } }),
      offer("c", 9_000, { reserved: { ...none, diskGiB: 61 } }),
      offer("d", 9_000, { limit: null }),
      offer("e", 9_000, { networkFree: false }),
      offer("f", 9_000, { host: host("f", "closed") }),
    ];
    expect(reasons(offers)).toEqual([
      ["a", "host-a", "memory"],
      ["b", "host-b", "vcpus"],
      ["c", "host-c", "disk"],
      ["d", "host-d", "silent"],
      ["e", "host-e", "no-network"],
      ["f", "host-f", "closed"],
    ]);
    expect(reasons([offer("a", 9_000, { host: host("a", "closed") })])).toEqual([["a", "host-a", "closed"]]);
    expect(reasons([])).toEqual([]);
  });
});

it("one host is the only one that takes clusters when the others are closed", () => {
  expect(onlyOpenHost([host("a", "closed"), host("b")])?.id).toBe("b");
  expect(onlyOpenHost([host("a"), host("b")])).toBeNull();
  expect(onlyOpenHost([])).toBeNull();
});
