/**
 * Saving all machines of a cluster, and waking them. A cluster that was never saved has none of these resources. Where they
 * are, other resources stay word for word as they were, so that neither a saved cluster nor a woken one has anything to change.
 */
import * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { controlPlaneOf, isSaved, kubernetesOf, networkOf } from "#app/domain/cluster/spec.ts";
import { clusterStepName, machineStepName } from "#app/domain/cluster/steps.ts";
import { clockScript, saveScript, wakeScript } from "#programs/render/power-scripts.ts";
import type { ClusterArgs } from "./args.ts";
import { remoteCommand } from "./remote.ts";

/**
 * Making it saves the machines, and taking it away does nothing. It comes last, and it stays when the cluster is woken: then it
 * is left as it is, and one that is not there (an attempt to save failed) is made without a script. `after`: what is done last.
 */
export function saveOf({ spec, host }: ClusterArgs, after: readonly pulumi.Resource[]): void {
  const name = clusterStepName(networkOf(spec).key, "save");
  const dependsOn = [...after];
  if (isSaved(spec))
    new command.local.Command(name, { create: saveScript(spec, host.libvirtUri), triggers: [String(spec.wokenFrom ?? 0)] }, { dependsOn });
  else if (spec.wokenFrom !== undefined) new command.local.Command(name, {}, { dependsOn, ignoreChanges: ["create", "triggers"] });
}

/**
 * There from the first time on that the cluster is woken, and done again each time that it is woken from another revision: the
 * machines run, then their clocks are set, then the cluster is checked. Returns what has to be done before a machine is touched.
 */
export function wakeOf(cluster: ClusterArgs): readonly pulumi.Resource[] {
  const { spec, host, distribution } = cluster;
  const { wokenFrom } = spec;
  if (wokenFrom === undefined) return [];
  const triggers = [String(wokenFrom)];
  const wake = new command.local.Command(
    clusterStepName(networkOf(spec).key, "wake"),
    { create: wakeScript(spec, host.libvirtUri), triggers },
    isSaved(spec) ? { ignoreChanges: ["create"] } : {},
  );
  const clocks = spec.machines
    .filter((m) => m.sinceRevision <= wokenFrom)
    .map((m) =>
      // A machine whose memory was discarded boots.
      remoteCommand(
        machineStepName(m.name, "clock"),
        cluster,
        { on: m, create: clockScript(m), triggers, patient: true },
        { dependsOn: wake },
      ),
    );
  const check = remoteCommand(
    clusterStepName(kubernetesOf(spec).key, "awake"),
    cluster,
    { on: controlPlaneOf(spec), create: distribution.awake(spec), triggers },
    { dependsOn: clocks },
  );
  return [wake, check];
}
