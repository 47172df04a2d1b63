/** All steps of set-up, in the order in which a person reads them, and what they are given. */
import { join } from "node:path";
import type { SetupStepId } from "#app/domain/setup.ts";
import type { Config } from "#app/foundation/config.server.ts";
import { configuredReleases } from "#app/foundation/releases/release-files.ts";
import { chooseHypervisor, hypervisorFacts } from "./libvirt/hypervisor-choice.ts";
import type { SetupContext, Step } from "./step.ts";
import { acceleratorStep } from "./steps/accelerator.ts";
import { engineStep } from "./steps/engine.ts";
import { hypervisorStep } from "./steps/hypervisor.ts";
import { imageStep } from "./steps/image.ts";
import { packagesStep } from "./steps/packages.ts";
import { portalStep } from "./steps/portal.ts";

const steps: Readonly<Record<SetupStepId, Step>> = {
  packages: packagesStep,
  portal: portalStep,
  hypervisor: hypervisorStep,
  accelerator: acceleratorStep,
  engine: engineStep,
  image: imageStep,
};

export const allSteps: readonly Step[] = Object.values(steps);

export const stepsOf = (ids: readonly SetupStepId[]): readonly Step[] => ids.map((id) => steps[id]);

export const repoFolder = join(import.meta.dirname, "..", "..");

export function setupContext(config: Config, forTests: boolean): SetupContext {
  return {
    config,
    repo: repoFolder,
    hypervisor: chooseHypervisor(hypervisorFacts(config.hypervisor, config.libvirtUri)),
    libvirtRoot: join(config.home, "libvirt"),
    releases: configuredReleases(config),
    forTests,
  };
}
