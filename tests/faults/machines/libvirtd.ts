/** libvirtd of the namespaces that the tests run in: killed by tests, and started again. */
import { spawn } from "node:child_process";
import type { Hypervisor } from "#app/ports/hypervisor.ts";
import { libvirtd } from "./victims.ts";

/** Starts libvirtd of these namespaces unless it runs (one that is ending does not count); resolves when it answers. */
export async function startLibvirtd(hypervisor: Hypervisor): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const answers = await hypervisor.ping().then(
      () => true,
      () => false,
    );
    if (answers) return;
    if (libvirtd().length === 0) await launchLibvirtd();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error("starting libvirtd: it does not answer");
}

export async function launchLibvirtd(): Promise<void> {
  const env = { ...process.env, PATH: `/usr/sbin:/usr/bin:/sbin:/bin:${process.env.PATH ?? ""}` };
  const child = spawn("libvirtd", ["-d", "--pid-file", "/run/libvirt/libvirtd.pid"], { stdio: "ignore", env });
  await new Promise((resolve) => child.once("close", resolve));
}
