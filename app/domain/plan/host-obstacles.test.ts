import { message } from "#app/domain/message/message.ts";
import { describe, expect, it } from "vitest";
import { exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { networkOf, publishedApiPort, publishedSshPort } from "#app/domain/cluster/spec.ts";
import { findObstacles, type HostSurvey, type NamedOnHost, publishedPortsOf } from "./host-obstacles.ts";

const spec = exampleSpec({ workers: 1 });
const owner = { tenantId: spec.tenantId, clusterId: spec.clusterId, stackName: spec.stackName, machine: "" };
const { prefix } = spec;
const network = networkOf(spec);
const address = (host: number): string => network.gateway.replace(/\d+$/, String(host));

const free: HostSurvey = {
  addresses: [
    { device: "lo", address: "127.0.0.1", bits: 8 },
    { device: "eth0", address: "192.0.2.7", bits: 24 },
  ],
  routes: [{ device: "eth0", range: "192.0.2.0/24" }],
  devices: ["lo", "eth0"],
  listeners: [{ protocol: "udp", address: "127.0.0.53", port: 53, program: "systemd-resolve (process 1)" }],
  published: [],
  storage: { folder: "/home/berth", freeMiB: 50_000, freeInodes: 10_000 },
  ipForwarding: true,
  forwardDrops: [],
  appArmorMissing: [],
};
const nobody: NamedOnHost = { machines: [], networks: [], pools: [] };
const ours: NamedOnHost = {
  machines: spec.machines.map((m) => ({ name: m.libvirtName, owner })),
  networks: [{ name: network.name, owner }],
  pools: [{ name: prefix, folder: `/pools/${prefix}` }],
};

const found = (survey: Partial<HostSurvey>, named = nobody, live: typeof spec | null = null) =>
  findObstacles({ spec, live, survey: { ...free, ...survey }, named, poolRoot: "/pools" });
const held = (device: string, at: string, bits: number): Partial<HostSurvey> => ({
  addresses: [...free.addresses, { device, address: at, bits }],
  devices: [...free.devices, device],
});

describe("the address range of a cluster to be made", () => {
  it("is free on a host that has nothing in it", () => expect(found({})).toEqual([]));

  it.each([
    ["an address in it", held("br9", address(5), 24), `${address(5)}/24`, "br9"],
    ["a narrower subnet in it", held("docker0", address(129), 28), `${address(129)}/28`, "docker0"],
    ["a wider subnet around it", held("eth1", "10.91.250.1", 16), "10.91.250.1/16", "eth1"],
    ["a route into it", { routes: [{ device: "wg0", range: network.cidr }] }, network.cidr, "wg0"],
    ["a route to one host in it", { routes: [{ device: "wg0", range: `${address(20)}/32` }] }, `${address(20)}/32`, "wg0"],
  ] as const)("is refused for %s, with who has it", (_, survey, what, device) => {
    expect(found(survey)).toEqual([{ code: "address-conflict", params: { range: network.cidr, found: what, device } }]);
  });

  it("is not taken by a route that stands behind every narrower one", () => {
    for (const range of ["10.0.0.0/8", "0.0.0.0/1", "128.0.0.0/1"]) expect(found({ routes: [{ device: "tun0", range }] })).toEqual([]);
  });

  it("is the cluster's own once its network is there", () => {
    const alive = held(network.bridge, network.gateway, 24);
    expect(found({ ...alive, routes: [{ device: network.bridge, range: network.cidr }] }, ours, spec)).toEqual([]);
    expect(found(alive, { ...ours, networks: [] }, spec).map((o) => o.code)).toEqual(["bridge-taken", "address-conflict"]);
  });

  it("is looked at again for a network that is there and off", () => {
    expect(found(held("br9", address(5), 24), ours, spec).map((o) => o.code)).toEqual(["address-conflict"]);
  });
});

describe("ports", () => {
  const dns = (at: string) => ({ listeners: [{ protocol: "udp" as const, address: at, port: 53, program: "named (process 12)" }] });

  it("53 is taken by who listens everywhere or at the gateway's own address", () => {
    for (const at of ["0.0.0.0", "::", network.gateway]) expect(found(dns(at)).map((o) => o.code)).toEqual(["dns-port-taken"]);
    for (const at of ["127.0.0.1", "192.168.122.1"]) expect(found(dns(at))).toEqual([]);
    expect(found(dns("0.0.0.0"), ours)).toEqual([
      message("dns-port-taken", { address: `${network.gateway}:53`, holder: "named (process 12), udp 0.0.0.0:53" }),
    ]);
  });

  it("that are to be published are refused with their holder, and those of machines that live are not", () => {
    const port = publishedSshPort(spec, "w1") ?? expect.fail();
    const published = [{ protocol: "tcp" as const, address: "::", port, program: "" }];
    expect(found({ published })).toEqual([{ code: "port-taken", params: { port: String(port), holder: `tcp [::]:${port}` } }]);
    expect(found({ published }, ours, spec)).toEqual([]);
    expect(found({ published }, ours, exampleSpec({ workers: 0 })).map((o) => o.code)).toEqual(["port-taken"]);
    expect(publishedPortsOf(spec)).toContain(publishedApiPort(spec));
  });
});

describe("names in libvirt", () => {
  it("of somebody else's things are refused, and the cluster's own are not", () => {
    const stranger = { ...owner, clusterId: "another" };
    const named: NamedOnHost = {
      machines: [
        { name: spec.machines[0]?.libvirtName ?? "", owner: null },
        { name: `${prefix}-other`, owner: null },
      ],
      networks: [{ name: network.name, owner: stranger }],
      pools: [{ name: prefix, folder: "/var/lib/other" }],
    };
    expect(found({}, named).map((o) => o.code)).toEqual(["foreign-machine", "foreign-network", "foreign-pool"]);
    expect(found({}, ours)).toEqual([]);
  });
});

describe("the disk", () => {
  it("is refused where new machines could not even boot, for want of bytes or of files", () => {
    const storage = { ...free.storage, freeMiB: 2_047 };
    expect(found({ storage })).toEqual([{ code: "disk-full", params: { folder: "/home/berth", needed: "2048", free: "2047" } }]);
    expect(found({ storage: { ...free.storage, freeInodes: 3 } }).map((o) => o.code)).toEqual(["inodes-used-up"]);
    expect(found({ storage: { ...storage, freeMiB: 2_048, freeInodes: null } })).toEqual([]);
    expect(found({ storage }, ours, spec)).toEqual([]);
  });
});

describe("traffic of machines", () => {
  const drop = { chain: "ip filter FORWARD", accepts: ["docker0"] };
  const alive: Partial<HostSurvey> = { devices: [...free.devices, network.bridge] };

  it("that the firewall drops is refused with the chain, unless the chain accepts the cluster's bridge", () => {
    expect(found({ forwardDrops: [drop] })).toEqual([
      { code: "forwarding-dropped", params: { chain: drop.chain, bridge: network.bridge } },
    ]);
    expect(found({ forwardDrops: [{ ...drop, accepts: [network.bridge] }] })).toEqual([]);
    expect(found({ forwardDrops: [drop] })).toEqual([
      message("forwarding-dropped", { chain: "ip filter FORWARD", bridge: network.bridge }),
    ]);
  });

  it("that the kernel does not forward is refused where the network runs: libvirt switches forwarding on when it starts one", () => {
    expect(found({ ipForwarding: false })).toEqual([]);
    const larger = { ...spec, machines: spec.machines.slice(0, 1) };
    expect(found({ ...alive, ipForwarding: false }, ours, larger)).toEqual([
      { code: "ip-forwarding-off", params: { bridge: network.bridge } },
    ]);
    expect(found({ ...alive, ipForwarding: null }, ours, larger)).toEqual([]);
  });

  it("does not stop a change that starts no machine", () => {
    const everything: Partial<HostSurvey> = {
      ...alive,
      ipForwarding: false,
      forwardDrops: [drop],
      appArmorMissing: ["/sbin/apparmor_parser"],
    };
    expect(found(everything, ours, spec)).toEqual([]);
    const resized = { ...spec, machines: spec.machines.map((m) => ({ ...m, vcpus: m.vcpus + 1 })) };
    expect(found(everything, ours, resized).map((o) => o.code)).toEqual([
      "ip-forwarding-off",
      "forwarding-dropped",
      "confinement-incomplete",
    ]);
  });
});

it("a libvirt that cannot confine machines with AppArmor is refused with what is missing", () => {
  const appArmorMissing = ["/usr/lib/libvirt/virt-aa-helper", "/sbin/apparmor_parser"];
  expect(found({ appArmorMissing })).toEqual([{ code: "confinement-incomplete", params: { missing: appArmorMissing.join(", ") } }]);
});
