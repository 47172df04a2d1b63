/**
 * Renewal of the control plane's certificates, which kubeadm makes for a year. The step is there from the first renewal on,
 * and runs again whenever the spec counts one more.
 */
import { kubernetesOf } from "#app/domain/cluster/spec.ts";
import type * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { clusterStepName, machineStepName } from "#app/domain/cluster/steps.ts";
import type { ClusterArgs } from "./args.ts";
import type { Machine } from "./machine.ts";
import { remoteCommand } from "./remote.ts";

/** `on`: the first control plane's machine, where `script` runs. Null: the certificates were never renewed. */
export const certificateRenewal = (
  cluster: ClusterArgs,
  on: Machine,
  script: string,
  opts: pulumi.CustomResourceOptions,
): command.remote.Command | null => renewal(cluster, clusterStepName(kubernetesOf(cluster.spec).key, "certificates"), on, script, opts);

/** The same on a further control plane. */
export const furtherRenewal = (
  cluster: ClusterArgs,
  on: Machine,
  script: string,
  opts: pulumi.CustomResourceOptions,
): command.remote.Command | null => renewal(cluster, machineStepName(on.spec.name, "renewal"), on, script, opts);

function renewal(
  cluster: ClusterArgs,
  name: string,
  on: Machine,
  script: string,
  opts: pulumi.CustomResourceOptions,
): command.remote.Command | null {
  const { certificates } = kubernetesOf(cluster.spec);
  if (certificates === undefined || certificates.renewed === 0) return null;
  return remoteCommand(
    name,
    cluster,
    { on: on.spec, create: script, triggers: [String(certificates.renewed)] },
    { ...opts, deletedWith: on.domain, ignoreChanges: ["create"] },
  );
}
