import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { apiPort, clusterAddresses, indexLimit, machineAddress, machineMac, machineRange, sshPort, virtualAddress } from "./addresses.ts";
import { contains, overlap, parseCidr, parseIpv4 } from "./ipv4.ts";
import { limits } from "#app/domain/cluster/sizes.ts";

const range = "10.91.0.0/16";
const index = fc.nat(255);
const machine = fc.oneof(
  fc.nat(limits.controlPlanes.max - 1).map((n) => ({ role: "control-plane" as const, n })),
  fc.integer({ min: 1, max: limits.workers.max }).map((n) => ({ role: "worker" as const, n })),
  fc.nat(limits.serviceMachines.max - 1).map((n) => ({ role: "service" as const, n })),
);
const network = (i: number): string => clusterAddresses(range, i).cidr;
const cidr = (text: string) => parseCidr(text) ?? expect.fail(`${text} is no range`);

describe("addresses", () => {
  it("give each index its own /24 inside the range", () => {
    fc.assert(
      fc.property(index, index, (i, j) => {
        const [a, b] = [cidr(clusterAddresses(range, i).cidr), cidr(clusterAddresses(range, j).cidr)];
        expect(overlap(a, b)).toBe(i === j);
        expect(contains(cidr(range), a.base)).toBe(true);
      }),
    );
  });

  it("give each machine its own address, MAC and port", () => {
    fc.assert(
      fc.property(index, index, machine, machine, (i, j, a, b) => {
        const same = i === j && a.role === b.role && a.n === b.n;
        expect(machineAddress(network(i), a.role, a.n) === machineAddress(network(j), b.role, b.n)).toBe(same);
        expect(machineMac(i, a.role, a.n) === machineMac(j, b.role, b.n)).toBe(same);
        expect(sshPort(20_000, i, a.role, a.n) === sshPort(20_000, j, b.role, b.n)).toBe(same);
        expect(sshPort(20_000, i, a.role, a.n)).not.toBe(apiPort(20_000, j));
      }),
    );
  });

  it("keep the address that control planes share from every machine and from the gateway", () => {
    fc.assert(
      fc.property(index, machine, (i, { role, n }) => {
        const shared = virtualAddress(network(i));
        expect(contains(cidr(network(i)), parseIpv4(shared) ?? -1)).toBe(true);
        expect([machineAddress(network(i), role, n), clusterAddresses(range, i).gateway]).not.toContain(shared);
      }),
    );
  });

  it("put a machine into its cluster's network, away from gateway and broadcast", () => {
    fc.assert(
      fc.property(index, machine, (i, { role, n }) => {
        const { cidr: text, gateway } = clusterAddresses(range, i);
        const address = machineAddress(text, role, n);
        expect(contains(cidr(text), parseIpv4(address) ?? -1)).toBe(true);
        expect(address).not.toBe(gateway);
        expect(Number(address.split(".")[3])).toBeLessThan(255);
      }),
    );
  });

  it("name a bridge that Linux takes", () => {
    fc.assert(
      fc.property(fc.nat(65_535), (i) => {
        expect(clusterAddresses("10.0.0.0/8", i).bridge.length).toBeLessThanOrEqual(15);
      }),
    );
  });

  it("are these for the eighth cluster", () => {
    expect(clusterAddresses(range, 7)).toEqual({ cidr: "10.91.7.0/24", gateway: "10.91.7.1", bridge: "berth7" });
    expect([machineAddress(network(7), "control-plane", 0), machineAddress(network(7), "worker", 1)]).toEqual(["10.91.7.10", "10.91.7.21"]);
    expect([machineMac(7, "control-plane", 0), machineMac(7, "worker", 1)]).toEqual(["52:54:00:00:07:0a", "52:54:00:00:07:15"]);
    expect([
      apiPort(20_000, 7),
      sshPort(20_000, 7, "control-plane", 0),
      sshPort(20_000, 7, "worker", 1),
      sshPort(20_000, 7, "control-plane", 1),
    ]).toEqual([20_448, 20_449, 20_450, 20_511]);
  });

  it("end where range or ports end", () => {
    expect(indexLimit(range, 20_000)).toBe(256);
    expect(indexLimit("10.91.4.0/23", 20_000)).toBe(2);
    expect(indexLimit("10.0.0.0/8", 60_000)).toBe(86);
    expect(() => clusterAddresses(range, 256)).toThrow(/outside/);
  });

  it("refuse a range that is none", () => {
    expect(() => machineRange("10.91.0.0/25")).toThrow(/smaller than the \/24/);
    expect(() => machineRange("tomorrow")).toThrow(/not an IPv4 range/);
    expect(() => machineAddress("tomorrow", "worker", 1)).toThrow(/"tomorrow" is no IPv4 range/);
  });
});
