/** The add-ons of a cluster, one after the other in the order of the spec: a busy control plane is asked by one script at a time. */
import type * as pulumi from "@pulumi/pulumi";
import { addOnsOf, kubernetesOf } from "#app/domain/cluster/spec.ts";
import type { AddOnProgram } from "#programs/add-ons/add-on.ts";
import { addOnPrograms } from "#programs/add-ons/all.ts";
import { addOnScript, removeAddOnScript, renderAddOn } from "#programs/add-ons/scripts.ts";
import { AddOn } from "./add-on.ts";
import type { ClusterArgs } from "./args.ts";
import type { Machine } from "./machine.ts";

/** Returns what is done last. `on`: the control plane's machine. `known`: what can be put in, unless a test has something else. */
export function putInAddOns(
  cluster: ClusterArgs,
  on: Machine,
  after: readonly pulumi.Resource[],
  known: readonly AddOnProgram[] = addOnPrograms,
): readonly pulumi.Resource[] {
  const { spec } = cluster;
  let before = after;
  for (const addOn of addOnsOf(spec).filter(({ kubernetes }) => kubernetes === kubernetesOf(spec).key)) {
    const program = known.find(({ id }) => id === addOn.id);
    if (program === undefined) throw new Error(`the spec names the add-on ${addOn.id}, which this version of Berth does not have`);
    const scripts = {
      script: addOnScript(spec, addOn, program),
      stdin: renderAddOn(spec, addOn, program),
      remove: removeAddOnScript(spec, addOn, program),
    };
    before = [new AddOn(cluster, { step: { addOn: addOn.id }, ...scripts, on, after: before }, {}).done];
  }
  return before;
}
