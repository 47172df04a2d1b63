/** The rules that libvirt writes for a network, flushed by another program. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { libvirtHostInspection } from "#app/adapters/libvirt/host-inspection.ts";
import { libvirtHypervisor } from "#app/adapters/libvirt/hypervisor.ts";
import { endPrivateDaemon } from "#app/adapters/libvirt/restart-daemon.ts";
import { startLibvirtd } from "#tests/faults/machines/libvirtd.ts";
import { uri } from "./rig.ts";

const name = "flushed-net";
const hypervisor = libvirtHypervisor({ uri, disksFolder: "/" });
/** What the launcher does in a portal's own libvirt. */
const startAgain = async (): Promise<void> => {
  await endPrivateDaemon();
  await startLibvirtd(hypervisor);
};
const host = libvirtHostInspection({ uri, disksFolder: "/", restartDaemon: startAgain });
const daemonPid = (): string => readFileSync("/run/libvirt/libvirtd.pid", "utf8").trim();
const definition = `<network><name>${name}</name><forward mode="nat"/><bridge name="berth9003"/><ip address="10.99.3.1" prefix="24"/></network>`;
const virsh = (...words: readonly string[]): string => execFileSync("virsh", ["-q", "-c", uri, ...words], { encoding: "utf8" });
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-firewall-"));
  await writeFile(join(folder, "net.xml"), definition);
  virsh("net-define", join(folder, "net.xml"));
});

afterEach(async () => {
  await hypervisor.remove("network", name);
  await rm(folder, { recursive: true, force: true });
});

it("are noticed when they are gone, and restored by a restart of libvirt's daemon", async () => {
  const seen = async () => (await host.inspect(name)).networks;
  expect(await seen()).toEqual([{ name, active: false, firewall: "unknown" }]);
  virsh("net-start", name);
  expect(await seen()).toEqual([{ name, active: true, firewall: "present" }]);
  execFileSync("iptables-restore", { input: "*filter\nCOMMIT\n*nat\nCOMMIT\n*mangle\nCOMMIT\n" });
  expect(await seen()).toEqual([{ name, active: true, firewall: "missing" }]);
  await host.wake("firewall", name);
  expect(await seen()).toEqual([{ name, active: true, firewall: "present" }]);
  const before = daemonPid();
  await host.wake("firewall", name);
  expect(daemonPid()).toBe(before);
});
