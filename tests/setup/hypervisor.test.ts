import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { libvirtHypervisor } from "#app/adapters/libvirt/hypervisor.ts";
import type { Virsh } from "#app/adapters/libvirt/virsh.ts";
import type { Hypervisor } from "#app/ports/hypervisor.ts";
import { virshInside } from "#app/setup/libvirt/inside.ts";
import { startPrivateLibvirt, stopPrivateLibvirt } from "#app/setup/libvirt/private-libvirt.ts";

let folder: string;
let virsh: Virsh;
let hypervisor: Hypervisor;

async function fromXml(words: readonly string[], xml: string): Promise<void> {
  const file = join(folder, "object.xml");
  writeFileSync(file, xml);
  await virsh([...words, file]);
}

const mark = `<metadata><berth:owner xmlns:berth="urn:berth:owner:1" tenant="t1" cluster="c1" stack="b1-demo" machine="demo-cp0"/></metadata>`;
const owner = { tenantId: "t1", clusterId: "c1", stackName: "b1-demo", machine: "demo-cp0" };

const machine = (
  name: string,
  metadata = "",
) => `<domain type='qemu'><name>${name}</name>${metadata}<memory unit='MiB'>64</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features><devices/></domain>`;

async function makePool(name: string): Promise<void> {
  const target = join(folder, "pools", name);
  mkdirSync(target, { recursive: true });
  await virsh(["pool-define-as", name, "dir", "--target", target]);
  await virsh(["pool-start", name]);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "berth-hypervisor-"));
  virsh = virshInside(await startPrivateLibvirt(join(folder, "libvirt")));
  hypervisor = libvirtHypervisor({ uri: "qemu:///system", disksFolder: join(folder, "disks", "later"), virsh });
});

afterAll(async () => {
  await stopPrivateLibvirt(join(folder, "libvirt"));
  rmSync(folder, { recursive: true, force: true });
});

describe("the hypervisor port on a real libvirt", () => {
  it("answers with its versions", async () => {
    const found = await hypervisor.ping();
    expect(found.libvirtVersion).toMatch(/^\d+\.\d+/);
    expect(found.qemuVersion).toMatch(/^\d+\.\d+/);
  });

  it("reports how much capacity there is", async () => {
    const capacity = await hypervisor.capacity();
    expect(capacity.hostName).not.toBe("");
    expect(capacity.cpus).toBeGreaterThan(0);
    expect(capacity.freeMemoryMiB).toBeGreaterThan(0);
    expect(capacity.memoryMiB).toBeGreaterThanOrEqual(capacity.freeMemoryMiB);
    expect(capacity.diskGiB).toBeGreaterThanOrEqual(capacity.freeDiskGiB);
    expect(capacity.freeDiskGiB).toBeGreaterThan(0);
  });

  it("lists a stack's things, running or not, and nobody else's", async () => {
    await fromXml(["create"], machine("b1-demo-cp0", mark));
    await fromXml(["define"], machine("b1-demo-w1"));
    await fromXml(["define"], machine("b1-demolition-w1"));
    await fromXml(["net-define"], `<network><name>b1-demo</name>${mark}<bridge name='b1demo'/></network>`);
    await makePool("b1-demo");
    await makePool("shared");
    await virsh(["vol-create-as", "b1-demo", "b1-demo-cp0.qcow2", "10M", "--format", "qcow2"]);
    await virsh(["vol-create-as", "shared", "b1-demo-seed.iso", "1M"]);
    await virsh(["vol-create-as", "shared", "b2-other.qcow2", "10M", "--format", "qcow2"]);
    const found = await hypervisor.inventory("b1-demo");
    expect([...found.machines].sort((a, b) => a.name.localeCompare(b.name))).toEqual([
      { name: "b1-demo-cp0", state: "running", memoryMiB: 64, vcpus: 1, owner },
      { name: "b1-demo-w1", state: "stopped", memoryMiB: 64, vcpus: 1, owner: null },
    ]);
    expect(found.networks).toEqual([{ name: "b1-demo", active: false, bridgeLeft: false, owner }]);
    expect(found.pools).toEqual([{ name: "b1-demo", folder: join(folder, "pools", "b1-demo") }]);
    expect(found.volumes.map((v) => [v.pool, v.name, v.capacityBytes])).toEqual([
      ["b1-demo", "b1-demo-cp0.qcow2", 10 * 2 ** 20],
      ["shared", "b1-demo-seed.iso", 2 ** 20],
    ]);
  });

  it("looks over the whole host, and knows its own there", async () => {
    const found = await hypervisor.inventory(null);
    const owners = new Map(found.machines.map((m) => [m.name, m.owner]));
    expect([owners.get("b1-demo-cp0"), owners.get("b1-demolition-w1")]).toEqual([owner, null]);
    expect(found.pools.map((p) => p.name).sort()).toEqual(["b1-demo", "shared"]);
    expect(found.volumes).toEqual([]);
  });

  it("removes a stack by name until nothing is left of it, and only of it", async () => {
    const found = await hypervisor.inventory("b1-demo");
    for (const m of found.machines) await hypervisor.remove("machine", m.name);
    for (const v of found.volumes) await hypervisor.removeVolume(v.pool, v.name);
    for (const n of found.networks) await hypervisor.remove("network", n.name);
    for (const p of found.pools) await hypervisor.remove("pool", p.name);
    expect(await hypervisor.inventory("b1-demo")).toEqual({ machines: [], networks: [], pools: [], volumes: [] });
    expect(existsSync(join(folder, "pools", "b1-demo"))).toBe(false);
    expect((await hypervisor.inventory("b1-demolition")).machines).toHaveLength(1);
    expect((await hypervisor.inventory("b2")).volumes).toHaveLength(1);
  });

  it("finds removing what is absent fine", async () => {
    await hypervisor.remove("machine", "b1-demo-cp0");
    await hypervisor.remove("network", "b1-demo");
    await hypervisor.remove("pool", "b1-demo");
    await hypervisor.removeVolume("b1-demo", "b1-demo-cp0.qcow2");
    await hypervisor.removeVolume("shared", "b1-demo-cp0.qcow2");
  });

  it("leaves a pool's folder alone when something foreign lies in it", async () => {
    await makePool("b3-demo");
    writeFileSync(join(folder, "pools", "b3-demo", "letter.txt"), "keep me");
    await hypervisor.remove("pool", "b3-demo");
    expect((await hypervisor.inventory("b3-demo")).pools).toEqual([]);
    expect(existsSync(join(folder, "pools", "b3-demo", "letter.txt"))).toBe(true);
  });

  it("makes an image pool once, and moves it to a newer image's folder", async () => {
    const image = (name: string) => {
      mkdirSync(join(folder, name), { recursive: true });
      return join(folder, name);
    };
    await hypervisor.ensureImagePool("images", image("one"));
    await hypervisor.ensureImagePool("images", image("one"));
    expect((await hypervisor.inventory("images")).pools).toEqual([{ name: "images", folder: join(folder, "one") }]);
    writeFileSync(join(image("two"), "root.qcow2"), "");
    await hypervisor.ensureImagePool("images", image("two"));
    expect((await hypervisor.inventory("images")).volumes.map((v) => v.path)).toEqual([join(folder, "two", "root.qcow2")]);
    expect(existsSync(join(folder, "one"))).toBe(true);
  });

  it("says that libvirt is out of reach, and why", async () => {
    const lost = libvirtHypervisor({ uri: `qemu:///system?socket=${join(folder, "nobody")}`, disksFolder: folder });
    await expect(lost.ping()).rejects.toMatchObject({
      reasons: [{ code: "asking-libvirt" }, { code: "reported", params: { text: expect.stringContaining("Failed to connect") as string } }],
    });
    await expect(lost.inventory("b1-demo")).rejects.toMatchObject({ reasons: [{ code: "asking-libvirt" }, {}] });
  });
});
