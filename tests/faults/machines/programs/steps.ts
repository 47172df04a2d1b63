/**
 * A program of local commands, for faults that are about the engine and not about machines: for each machine of the spec
 * the steps that a test wrote into `steps.json` beside the pool folder, one after another.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterSecrets, ClusterSpec } from "#app/domain/cluster/spec.ts";
import type { MachineHost } from "#app/ports/stack-engine.ts";

export interface ProgramStep {
  readonly name: string;
  readonly create: string;
  readonly delete?: string;
}

export const clusterProgram =
  (spec: ClusterSpec, _secrets: ClusterSecrets, host: MachineHost) => (): Promise<Record<string, pulumi.Output<unknown>>> => {
    const steps = JSON.parse(readFileSync(join(host.poolRoot, "..", "steps.json"), "utf8")) as readonly ProgramStep[];
    eatWhatIsThere(host);
    let before: command.local.Command | null = null;
    for (const { name } of spec.machines) {
      for (const step of steps) {
        const args = { create: step.create, delete: step.delete ?? "echo bye", addPreviousOutputInEnv: false };
        before = new command.local.Command(`${name}-${step.name}`, args, before === null ? {} : { dependsOn: [before] });
      }
    }
    return Promise.resolve({});
  };

/** Takes memory until there is none, when a test asked for it; not in a preview, which has to come through. */
function eatWhatIsThere({ poolRoot }: MachineHost): void {
  const eaten: unknown[] = [];
  while (existsSync(join(poolRoot, "..", "hungry")) && !pulumi.runtime.isDryRun())
    eaten.push(Array.from({ length: 100_000 }, (_, i) => ({ i })));
}
