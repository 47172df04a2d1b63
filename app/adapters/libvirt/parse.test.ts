import { describe, expect, it } from "vitest";
import { parseFields, parseMachines, parseNames, parseOwner, parsePool, parseVolume, parseVolumeNames } from "./parse.ts";

const domstats = `Domain: 'b7-demo-cp0'
  state.state=1
  state.reason=1
  balloon.current=3145728
  balloon.maximum=3145728
  vcpu.current=2
  vcpu.maximum=2
  vcpu.0.state=1

Domain: 'b7-demo-w1'
  state.state=5
  state.reason=2
  balloon.current=2097152
  balloon.maximum=2097152
  vcpu.current=1
  vcpu.maximum=1
`;

const pool = `<pool type='dir'>
  <name>b7-demo</name>
  <uuid>a50e453a-bdc3-4a77-b0b2-f8250a690084</uuid>
  <capacity unit='bytes'>270553174016</capacity>
  <source>
  </source>
  <target>
    <path>/srv/disks/b7</path>
    <permissions><mode>0755</mode></permissions>
  </target>
</pool>`;

const volume = `<volume type='file'>
  <name>007</name>
  <key>/srv/disks/b7/007</key>
  <capacity unit='bytes'>10485760</capacity>
  <allocation unit='bytes'>200704</allocation>
  <target><path>/srv/disks/b7/007</path><format type='qcow2'/></target>
</volume>`;

describe("reading virsh", () => {
  it("reads machines with state and size", () => {
    expect(parseMachines(domstats)).toEqual([
      { name: "b7-demo-cp0", state: "running", memoryMiB: 3072, vcpus: 2 },
      { name: "b7-demo-w1", state: "stopped", memoryMiB: 2048, vcpus: 1 },
    ]);
    expect(parseMachines("\n")).toEqual([]);
  });

  it("reads an owner by its name space, whatever its prefix, and takes nobody else's for ours", () => {
    const marked = (mark: string) => `<domain type='kvm' id='3'><name>a</name><metadata>${mark}</metadata></domain>`;
    const attributes = "tenant='007' cluster='c' stack='s' machine='m'";
    const owner = { tenantId: "007", clusterId: "c", stackName: "s", machine: "m" };
    expect(parseOwner(marked(`<berth:owner xmlns:berth='urn:berth:owner:1' ${attributes}/>`))).toEqual(owner);
    expect(parseOwner(marked(`<o:owner xmlns:o='urn:other' tenant='x'/><b:owner xmlns:b='urn:berth:owner:1' ${attributes}/>`))).toEqual(
      owner,
    );
    expect(parseOwner(marked(`<berth:owner xmlns:berth='urn:other' ${attributes}/>`))).toBeNull();
    expect(parseOwner(marked("<berth:owner xmlns:berth='urn:berth:owner:1' tenant='t'/>"))).toBeNull();
    expect(parseOwner(marked(""))).toBeNull();
    expect(parseOwner("<domain><name>a</name></domain>")).toBeNull();
  });

  it("reads name lists", () => {
    expect(parseNames("b7-demo\nother                \n\n")).toEqual(["b7-demo", "other"]);
    expect(parseNames("")).toEqual([]);
  });

  it("reads a pool's folder", () => expect(parsePool(pool)).toEqual({ name: "b7-demo", folder: "/srv/disks/b7" }));

  it("reads a volume and keeps a name of digits a name", () => {
    expect(parseVolume("b7-demo", volume)).toEqual({
      pool: "b7-demo",
      name: "007",
      path: "/srv/disks/b7/007",
      capacityBytes: 10_485_760,
    });
  });

  it("reads volume lists, with blanks in names too", () => {
    const text = " b7-demo-cp0.qcow2   /srv/disks/b7/b7-demo-cp0.qcow2\n my disk.img         /srv/disks/b7/my disk.img\n\n";
    expect(parseVolumeNames(text)).toEqual(["b7-demo-cp0.qcow2", "my disk.img"]);
  });

  it("reads fields", () => {
    expect(parseFields("CPU(s):              2\nMemory size:         13330644 KiB\n\n").get("CPU(s)")).toBe("2");
  });
});
