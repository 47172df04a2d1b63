/** Debian packages: libvirt, QEMU, and what builds guest images. */
import { sentenceOf } from "#app/domain/sentences.ts";
import { installedPackages, installPackages } from "../apt.ts";
import { missingPackages, neededPackages } from "../packages.ts";
import type { SetupContext, Step } from "../step.ts";

const needed = (c: SetupContext) => neededPackages({ mode: c.hypervisor.mode, forTests: c.forTests });

const missing = async (c: SetupContext) => missingPackages(needed(c), await installedPackages(Object.keys(needed(c))));

const outcome = (c: SetupContext): string => sentenceOf("packages-there", { packages: Object.keys(needed(c)).length });

export const packagesStep: Step = {
  id: "packages",
  needs: [],
  estimateSeconds: 90,
  weight: "light",
  mend: "npm run setup",
  check: async (c) => {
    const names = await missing(c);
    return names.length === 0 ? { ready: true, outcome: outcome(c) } : { ready: false, missing: `missing: ${names.join(" ")}` };
  },
  run: async (c, onLine, signal) => {
    // In tests a database or an SSH server is started by the test itself, never as a service of the machine.
    const startServices = c.hypervisor.mode === "system" && !c.forTests;
    await installPackages({ names: await missing(c), startServices, onLine, signal });
    return { outcome: outcome(c) };
  },
};
