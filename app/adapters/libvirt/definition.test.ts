import { describe, expect, it } from "vitest";
import { parseDefinition, parseInterfaces } from "./definition.ts";

const domain = `<domain type='qemu'>
  <name>b7-demo-w1</name>
  <memory unit='KiB'>2097152</memory>
  <currentMemory unit='KiB'>1048576</currentMemory>
  <vcpu placement='static' current='1'>2</vcpu>
  <devices>
    <disk type='volume' device='disk'><source pool='b7-demo' volume='b7-demo-w1.qcow2'/><target dev='vda' bus='virtio'/></disk>
    <disk type='file' device='disk'><source file='/srv/b7/b7-demo-w1-seed.iso'/><target dev='vdb' bus='virtio'/></disk>
    <disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>
    <interface type='network'><mac address='52:54:00:5b:07:0b'/><source network='b7-demo'/></interface>
  </devices>
</domain>`;

describe("reading a machine's definition", () => {
  it("gives size, disks and networks", () => {
    expect(parseDefinition(domain)).toEqual({
      memoryMiB: 2048,
      vcpus: 2,
      diskPaths: ["b7-demo/b7-demo-w1.qcow2", "/srv/b7/b7-demo-w1-seed.iso"],
      networks: [{ network: "b7-demo", mac: "52:54:00:5b:07:0b" }],
    });
  });

  it("reads other units, and machines without devices", () => {
    const bare =
      "<domain><memory unit='GiB'>2</memory><vcpu>4</vcpu><devices><interface type='bridge'><source bridge='br0'/></interface></devices></domain>";
    expect(parseDefinition(bare)).toEqual({ memoryMiB: 2048, vcpus: 4, diskPaths: [], networks: [{ network: "", mac: "" }] });
  });

  it("reads interfaces of running machines only", () => {
    const text =
      " vnet3       network   b7-demo   virtio   52:54:00:5b:07:0b\n -           network   b7-demo   virtio   52:54:00:5b:07:0c\n vnet4       bridge    br0       virtio   52:54:00:5b:07:0d\n";
    expect(parseInterfaces(text)).toEqual([{ device: "vnet3", source: "b7-demo" }]);
    expect(parseInterfaces("")).toEqual([]);
  });
});
