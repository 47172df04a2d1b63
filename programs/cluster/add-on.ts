import { kubernetesOf } from "#app/domain/cluster/spec.ts";
import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { clusterStepName, type KubernetesStep } from "#app/domain/cluster/steps.ts";
import type { ClusterArgs } from "./args.ts";
import type { Machine } from "./machine.ts";
import { remoteCommand } from "./remote.ts";

export interface AddOnArgs {
  readonly step: KubernetesStep;
  /** Runs again whenever it changes. */
  readonly script: string;
  readonly stdin?: string;
  /** Where kubectl runs. */
  readonly on: Machine;
  readonly after: readonly pulumi.Resource[];
}

/** Something put into, or asked of, a running cluster from its control plane. */
export class AddOn extends pulumi.ComponentResource {
  readonly done: command.remote.Command;

  constructor(cluster: ClusterArgs, { step, script, stdin, on, after }: AddOnArgs, opts: pulumi.ComponentResourceOptions) {
    const name = clusterStepName(kubernetesOf(cluster.spec).key, step);
    super("berth:cluster:AddOn", name, {}, opts);
    this.done = remoteCommand(
      name,
      cluster,
      { on: on.spec, create: script, ...(stdin === undefined ? {} : { stdin }) },
      { parent: this, dependsOn: [...after], deletedWith: on.domain },
    );
    this.registerOutputs({ done: this.done.id });
  }
}
