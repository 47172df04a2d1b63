/**
 * What libvirtd was at when it was killed: starting a network, which is off by its word, and yet its bridge, its firewall
 * rules and its dnsmasq are there; or removing a pool, which it still has, and yet its folder is gone.
 */
import { message } from "#app/domain/message/message.ts";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { libvirtHostInspection } from "#app/adapters/libvirt/host-inspection.ts";
import { libvirtHypervisor } from "#app/adapters/libvirt/hypervisor.ts";
import { launchLibvirtd } from "#tests/faults/machines/libvirtd.ts";
import { libvirtd } from "#tests/faults/machines/victims.ts";
import { openRig, type Rig, uri } from "./rig.ts";

const name = "half-started-net";
const bridge = "berth9001";
const hypervisor = libvirtHypervisor({ uri, disksFolder: "/" });
const definition = `<network><name>${name}</name><forward mode="nat"/><bridge name="${bridge}"/><ip address="10.99.1.1" prefix="24"/></network>`;
const virsh = (...words: readonly string[]): string => execFileSync("virsh", ["-q", "-c", uri, ...words], { encoding: "utf8" });
const isOn = (): boolean => virsh("net-list", "--name").split("\n").includes(name);
const isThere = (): boolean => existsSync(`/sys/class/net/${bridge}`);
const rules = (): readonly string[] =>
  execFileSync("iptables-save", { encoding: "utf8" })
    .split("\n")
    .filter((l) => l.includes(bridge) || l.includes("10.99.1.0/24"));
const serverPid = (): number => Number(readFileSync(`/run/libvirt/network/${name}.pid`, "utf8"));
let folder: string;

const isGone = (pid: number): boolean => !existsSync(`/proc/${pid}/cmdline`) || readFileSync(`/proc/${pid}/cmdline`, "utf8") === "";

describe("a network that libvirtd did not live to start", () => {
  /** As after a SIGKILL between the making of bridge and dnsmasq and the record of them. */
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "berth-half-started-"));
    await writeFile(join(folder, "net.xml"), definition);
    virsh("net-define", join(folder, "net.xml"));
    virsh("net-start", name);
    for (const pid of libvirtd()) process.kill(pid, "SIGKILL");
    while (libvirtd().length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await rm(`/run/libvirt/network/${name}.xml`);
    await launchLibvirtd();
    await hypervisor.ping();
    expect({ on: isOn(), bridge: isThere() }).toEqual({ on: false, bridge: true });
  });

  afterEach(async () => {
    await hypervisor.remove("network", name);
    await rm(folder, { recursive: true, force: true });
  });

  it("is removed with its bridge and its dnsmasq", async () => {
    const pid = serverPid();
    expect(isGone(pid)).toBe(false);
    expect(rules()).not.toEqual([]);
    await hypervisor.remove("network", name);
    expect(isThere()).toBe(false);
    expect(rules()).toEqual([]);
    await expect.poll(() => isGone(pid)).toBe(true);
  });

  it("loses them when it stays", async () => {
    const networks = async () => (await hypervisor.inventory(name)).networks;
    expect(await networks()).toMatchObject([{ active: false, bridgeLeft: true }]);
    await hypervisor.remove("bridge", name);
    expect(await networks()).toMatchObject([{ active: false, bridgeLeft: false }]);
    virsh("net-start", name);
    expect(await networks()).toMatchObject([{ active: true, bridgeLeft: false }]);
    await hypervisor.remove("bridge", name);
    expect(isThere()).toBe(true);
  });

  it("can be started", async () => {
    const pid = serverPid();
    await libvirtHostInspection({ uri, disksFolder: "/" }).wake("network", name);
    expect(isOn()).toBe(true);
    expect(serverPid()).not.toBe(pid);
    expect(rules()).toHaveLength(new Set(rules()).size);
  });

  it("is removed without a bridge of somebody else's that is called like its own", async () => {
    execFileSync("ip", ["link", "delete", "dev", bridge]);
    execFileSync("ip", ["link", "add", "name", bridge, "type", "bridge"]);
    await hypervisor.remove("network", name);
    expect(isThere()).toBe(true);
    execFileSync("ip", ["link", "delete", "dev", bridge]);
  });
});

describe("a pool that libvirtd did not live to remove", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await openRig({ program: "no-machines.ts" });
    rig.startWorker();
  });
  afterEach(async () => rig.close());

  it("goes with its cluster, and the operation says what stood in the way", async () => {
    const { id } = await rig.newCluster("half", 0);
    expect((await rig.update(id)).state).toBe("succeeded");
    const { prefix } = await rig.spec(id);
    const folder = join(rig.home, "pools", prefix);
    const pools = async () => (await hypervisor.inventory(prefix)).pools;
    expect(await pools()).toMatchObject([{ folder }]);
    virsh("pool-destroy", prefix);
    await rmdir(folder);

    const destroy = await rig.destroy(id);
    expect(destroy).toMatchObject({ state: "succeeded", attempt: 1 });
    expect(await pools()).toEqual([]);
    expect(existsSync(folder)).toBe(false);
    const told = (await rig.entries(destroy.id)).flatMap(({ event }) => (event.kind === "recovery" ? event.did : []));
    expect(told).toContainEqual(message("pool-opened", { name: prefix }));
  });
});

describe("a storage pool of which a part is missing", () => {
  const pool = "half-pool";
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), "berth-half-pool-")), pool);
  });
  afterEach(async () => {
    await hypervisor.remove("pool", pool);
    await rm(join(folder, ".."), { recursive: true, force: true });
  });

  const isListed = (): boolean =>
    virsh("pool-list", "--name")
      .split("\n")
      .some((line) => line.trim() === pool);
  const disks = async (): Promise<readonly string[]> => (await hypervisor.inventory(pool)).volumes.map((v) => v.name);
  const make = () => {
    virsh("pool-define-as", pool, "dir", "--target", folder);
    virsh("pool-build", pool);
    virsh("pool-start", pool);
    virsh("vol-create-as", pool, `${pool}-a.img`, "1K");
  };

  it.each<[string, () => Promise<unknown> | unknown, readonly string[]]>([
    ["that it runs", () => virsh("pool-destroy", pool), [`${pool}-a.img`]],
    ["its definition", () => [virsh("pool-destroy", pool), virsh("pool-undefine", pool)], [`${pool}-a.img`]],
    ["its folder", () => rm(folder, { recursive: true }), []],
    ["its folder and that it runs", async () => [virsh("pool-destroy", pool), await rm(folder, { recursive: true })], []],
  ])("is usable again, with what is in it (%s)", async (_, take, left) => {
    make();
    await take();
    expect(await hypervisor.openPool(pool, folder)).toBe(true);
    expect([isListed(), await disks()]).toEqual([true, left]);
    expect(await hypervisor.openPool(pool, folder)).toBe(false);
  });

  it("does not list disks any more that were deleted as files", async () => {
    make();
    await rm(join(folder, `${pool}-a.img`));
    expect(await hypervisor.openPool(pool, folder)).toBe(false);
    expect(await disks()).toEqual([]);
  });

  it("is not made where nothing of it exists, and one of that name in another folder is left alone", async () => {
    expect(await hypervisor.openPool(pool, folder)).toBe(false);
    virsh("pool-define-as", pool, "dir", "--target", folder);
    expect(await hypervisor.openPool(pool, `${folder}-other`)).toBe(false);
    expect([isListed(), existsSync(folder)]).toEqual([false, false]);
  });
});
