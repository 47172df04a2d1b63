/** A network that libvirtd was starting when it was killed: off by its word, and yet its bridge and dnsmasq are there. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { libvirtHostLook } from "#app/adapters/libvirt/host-look.ts";
import { libvirtHypervisor } from "#app/adapters/libvirt/hypervisor.ts";
import { launchLibvirtd } from "../faults/machines/libvirtd.ts";
import { libvirtd } from "../faults/machines/victims.ts";
import { uri } from "./rig.ts";

const name = "half-started-net";
const bridge = "berth9001";
const hypervisor = libvirtHypervisor({ uri, disksFolder: "/" });
const definition = `<network><name>${name}</name><forward mode="nat"/><bridge name="${bridge}"/><ip address="10.99.1.1" prefix="24"/></network>`;
const virsh = (...words: readonly string[]): string => execFileSync("virsh", ["-q", "-c", uri, ...words], { encoding: "utf8" });
const isOn = (): boolean => virsh("net-list", "--name").split("\n").includes(name);
const isThere = (): boolean => existsSync(`/sys/class/net/${bridge}`);
const serverPid = (): number => Number(readFileSync(`/run/libvirt/network/${name}.pid`, "utf8"));
let folder: string;

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

const isGone = (pid: number): boolean => !existsSync(`/proc/${pid}/cmdline`) || readFileSync(`/proc/${pid}/cmdline`, "utf8") === "";

describe("a network that libvirtd did not live to start", () => {
  it("is removed with its bridge and its dnsmasq", async () => {
    const pid = serverPid();
    expect(isGone(pid)).toBe(false);
    await hypervisor.remove("network", name);
    expect(isThere()).toBe(false);
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
    await libvirtHostLook({ uri, disksFolder: "/" }).wake("network", name);
    expect(isOn()).toBe(true);
    expect(serverPid()).not.toBe(pid);
  });

  it("is removed without a bridge of somebody else's that is called like its own", async () => {
    execFileSync("ip", ["link", "delete", "dev", bridge]);
    execFileSync("ip", ["link", "add", "name", bridge, "type", "bridge"]);
    await hypervisor.remove("network", name);
    expect(isThere()).toBe(true);
    execFileSync("ip", ["link", "delete", "dev", bridge]);
  });
});
