/** The rules that libvirt writes for a network, flushed by another program. */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { libvirtHostLook } from "#app/adapters/libvirt/host-look.ts";
import { libvirtHypervisor } from "#app/adapters/libvirt/hypervisor.ts";
import { uri } from "./rig.ts";

const name = "flushed-net";
const host = libvirtHostLook({ uri, disksFolder: "/" });
const definition = `<network><name>${name}</name><forward mode="nat"/><bridge name="berth9003"/><ip address="10.99.3.1" prefix="24"/></network>`;
const virsh = (...words: readonly string[]): string => execFileSync("virsh", ["-q", "-c", uri, ...words], { encoding: "utf8" });
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-firewall-"));
  await writeFile(join(folder, "net.xml"), definition);
  virsh("net-define", join(folder, "net.xml"));
});

afterEach(async () => {
  await libvirtHypervisor({ uri, disksFolder: "/" }).remove("network", name);
  await rm(folder, { recursive: true, force: true });
});

it("are noticed when they are gone", async () => {
  const seen = async () => (await host.look(name)).networks;
  expect(await seen()).toEqual([{ name, active: false, firewall: "unknown" }]);
  virsh("net-start", name);
  expect(await seen()).toEqual([{ name, active: true, firewall: "present" }]);
  const rules = execFileSync("iptables-save");
  execFileSync("iptables-restore", { input: "*filter\nCOMMIT\n*nat\nCOMMIT\n*mangle\nCOMMIT\n" });
  // libvirt makes its chains once: the tests after this one need them.
  try {
    expect(await seen()).toEqual([{ name, active: true, firewall: "missing" }]);
  } finally {
    execFileSync("iptables-restore", { input: rules });
  }
});
