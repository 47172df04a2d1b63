import { kubernetesOf } from "#app/domain/cluster/spec.ts";
import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { addOnStepName, clusterStepName, type KubernetesStep } from "#app/domain/cluster/steps.ts";
import type { ClusterArgs } from "./args.ts";
import type { Machine } from "./machine.ts";
import { remoteCommand } from "./remote.ts";

export interface AddOnArgs {
  /** `addOn`: id of an add-on of the spec. */
  readonly step: KubernetesStep | { readonly addOn: string };
  /** Runs again whenever it changes, or its standard input. */
  readonly script: string;
  /** Runs when it is taken out of a cluster that stays. */
  readonly remove?: string;
  readonly stdin?: string;
  /** Where kubectl runs. */
  readonly on: Machine;
  readonly after: readonly pulumi.Resource[];
}

/** Something put into, or asked of, a running cluster from its control plane. */
export class AddOn extends pulumi.ComponentResource {
  readonly done: command.remote.Command;

  constructor(cluster: ClusterArgs, { step, script, remove, stdin, on, after }: AddOnArgs, opts: pulumi.ComponentResourceOptions) {
    const { key } = kubernetesOf(cluster.spec);
    const name = typeof step === "string" ? clusterStepName(key, step) : addOnStepName(key, step.addOn);
    super("berth:cluster:AddOn", name, {}, opts);
    this.done = remoteCommand(
      name,
      cluster,
      { on: on.spec, create: script, ...(remove === undefined ? {} : { delete: remove }), ...(stdin === undefined ? {} : { stdin }) },
      { parent: this, dependsOn: [...after], deletedWith: on.domain },
    );
    this.registerOutputs({ done: this.done.id });
  }
}
