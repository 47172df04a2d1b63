import { message } from "#app/domain/message/message.ts";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { probeBoot } from "#app/setup/libvirt/boot-probe.ts";
import { virshInside } from "#app/setup/libvirt/inside.ts";
import { processesInside } from "#app/setup/libvirt/namespaces.ts";
import { keepLibvirt } from "#app/setup/libvirt/keep-libvirt.ts";
import { findPrivateLibvirt, type PrivateLibvirt, startPrivateLibvirt, stopPrivateLibvirt } from "#app/setup/libvirt/private-libvirt.ts";
import { isAlive, type ProcessMark } from "#app/foundation/process.ts";
import { endProcesses, executableOf } from "#app/foundation/processes.ts";

const machine = `<domain type='qemu'><name>probe</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features><devices/></domain>`;
const network = `<network><name>inner</name><forward mode='nat'/><bridge name='inner0'/>
  <ip address='10.99.7.1' netmask='255.255.255.0'/></network>`;

let folder: string;
let libvirt: PrivateLibvirt;
const root = () => join(folder, "libvirt");

function running(program: string): ProcessMark {
  const found = processesInside(root()).find(({ pid }) => executableOf(pid)?.endsWith(program));
  if (found === undefined) throw new Error(`${program} does not run`);
  return found;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "berth-private-"));
  writeFileSync(join(folder, "machine.xml"), machine);
  writeFileSync(join(folder, "network.xml"), network);
  libvirt = await startPrivateLibvirt(root());
});

afterAll(async () => {
  await stopPrivateLibvirt(root());
  rmSync(folder, { recursive: true, force: true });
});

describe("a libvirt of Berth's own", () => {
  it("runs machines and networks that the rest of the machine does not see", async () => {
    const virsh = virshInside(libvirt);
    await virsh(["net-create", join(folder, "network.xml")]);
    await virsh(["create", join(folder, "machine.xml")]);
    expect((await virsh(["list", "--name"])).trim()).toBe("probe");
    expect(existsSync("/sys/class/net/inner0")).toBe(false);
    expect(readFileSync("/proc/net/dev", "utf8")).not.toContain("inner0");
  });

  it("is the same one when it is started again", async () => {
    const before = running("libvirtd");
    const again = await startPrivateLibvirt(root());
    expect(running("libvirtd")).toEqual(before);
    expect((await virshInside(again)(["domstate", "probe"])).trim()).toBe("running");
  });

  it("keeps machines when the daemon and the holder are killed", async () => {
    const qemu = running("qemu-system-x86_64");
    const holder = JSON.parse(readFileSync(join(root(), "holder.json"), "utf8")) as ProcessMark;
    process.kill(holder.pid, "SIGKILL");
    process.kill(running("libvirtd").pid, "SIGKILL");
    await endProcesses([holder], 5_000);
    const again = await startPrivateLibvirt(root());
    expect(isAlive(qemu)).toBe(true);
    expect((await virshInside(again)(["domstate", "probe"])).trim()).toBe("running");
    expect((await virshInside(again)(["net-list", "--name"])).trim()).toBe("inner");
  });

  it("is started again by its keeper when a daemon dies, which reports it, and no more once the keeper has stopped", async () => {
    const qemu = running("qemu-system-x86_64");
    const said: string[] = [];
    const keeper = keepLibvirt({ root: root(), say: (line) => said.push(line), everyMs: 100 });
    for (const program of ["libvirtd", "virtlogd"]) {
      const before = running(program);
      process.kill(before.pid, "SIGKILL");
      await expect.poll(() => said.length, { timeout: 60_000 }).toBe(program === "libvirtd" ? 1 : 2);
      expect(running(program)).not.toEqual(before);
    }
    expect(said[0]).toMatch(/was started again/);
    await keeper.stop();
    expect(isAlive(qemu)).toBe(true);
    expect((await virshInside(libvirt)(["domstate", "probe"])).trim()).toBe("running");
    expect(said).toHaveLength(2);
  });

  it("is apart from another one", async () => {
    const other = await startPrivateLibvirt(join(folder, "other"));
    try {
      expect((await virshInside(other)(["list", "--all", "--name"])).trim()).toBe("");
    } finally {
      await stopPrivateLibvirt(join(folder, "other"));
    }
    expect((await virshInside(libvirt)(["domstate", "probe"])).trim()).toBe("running");
  });

  it("leaves no process behind when it is stopped", async () => {
    await stopPrivateLibvirt(root());
    expect(processesInside(root())).toEqual([]);
    expect(findPrivateLibvirt(root())).toBeNull();
  });

  it("keeps nothing of the machines that a power cut ended", async () => {
    const of = (word: string) =>
      readdirSync(join(root(), "var-lib-libvirt"), { recursive: true, encoding: "utf8" }).filter((path) => path.includes(word));
    await virshInside(await startPrivateLibvirt(root()))(["create", join(folder, "machine.xml")]);
    expect(of("-probe")).not.toEqual([]);
    for (const { pid } of processesInside(root())) process.kill(pid, "SIGKILL");
    await expect.poll(() => processesInside(root())).toEqual([]);
    await startPrivateLibvirt(root());
    expect(of("-probe")).toEqual([]);
    await stopPrivateLibvirt(root());
  });

  it("starts what is to start by itself once more after everything was down, as after a reboot", async () => {
    const first = virshInside(await startPrivateLibvirt(root()));
    await first(["net-define", join(folder, "network.xml")]);
    await first(["net-autostart", "inner"]);
    await first(["net-start", "inner"]);
    await stopPrivateLibvirt(root());
    const second = virshInside(await startPrivateLibvirt(root()));
    expect((await second(["net-list", "--name"])).trim()).toBe("inner");
  });
});

describe("the boot probe", () => {
  it("boots under emulation", async () => {
    expect(await probeBoot("tcg", 60_000)).toEqual({ boots: true, reason: message("probe-booted") });
  });

  it("gives up in time, and reports it", async () => {
    expect(await probeBoot("tcg", 50)).toEqual({ boots: false, reason: message("probe-slow", { seconds: 0.05 }) });
  });
});
