/** Debian packages: libvirt, QEMU, and what builds guest images. */
import { readFile } from "node:fs/promises";
import { type Message, message } from "#app/domain/message/message.ts";
import { installedPackages, installPackages } from "#app/setup/packages/apt.ts";
import { hasDriverPackages, missingPackages, neededPackages, parseRelease } from "#app/setup/packages/packages.ts";
import type { SetupContext, Step } from "#app/setup/step.ts";

async function needed(c: SetupContext) {
  const release = parseRelease(await readFile("/etc/os-release", "utf8").catch(() => ""));
  return neededPackages({ mode: c.hypervisor.mode, forTests: c.forTests, driverPackages: hasDriverPackages(release) });
}

async function missing(c: SetupContext): Promise<readonly string[]> {
  const wanted = await needed(c);
  return missingPackages(wanted, await installedPackages(Object.keys(wanted)));
}

const outcome = async (c: SetupContext): Promise<readonly Message[]> => [
  message("packages-installed", { count: Object.keys(await needed(c)).length }),
];

export const packagesStep: Step = {
  id: "packages",
  needs: [],
  estimateSeconds: 90,
  weight: "light",
  fix: message("run-command", { command: "npm run setup" }),
  check: async (c) => {
    const names = await missing(c);
    return names.length === 0
      ? { ready: true, outcome: await outcome(c) }
      : { ready: false, missing: [message("packages-missing", { names })] };
  },
  run: async (c, onLine, signal) => {
    // In tests a database or an SSH server is started by the test itself, never as a service of the machine.
    const startServices = c.hypervisor.mode === "system" && !c.forTests;
    await installPackages({ names: await missing(c), startServices, onLine, signal });
    return { outcome: await outcome(c) };
  },
};
