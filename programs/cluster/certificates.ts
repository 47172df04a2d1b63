/**
 * Renewal of the control plane's certificates, which kubeadm makes for a year. The step is there from the first renewal on,
 * and runs again whenever the spec counts one more.
 */
import { kubernetesOf } from "#app/domain/cluster/spec.ts";
import type * as pulumi from "@pulumi/pulumi";
import { clusterStepName } from "#app/domain/cluster/steps.ts";
import type { ClusterArgs } from "./args.ts";
import type { Machine } from "./machine.ts";
import { remoteCommand } from "./remote.ts";

/** `on`: the control plane's machine, where `script` runs. */
export function certificateRenewal(cluster: ClusterArgs, on: Machine, script: string, opts: pulumi.CustomResourceOptions): void {
  const { key, certificates } = kubernetesOf(cluster.spec);
  if (certificates === undefined || certificates.renewed === 0) return;
  remoteCommand(
    clusterStepName(key, "certificates"),
    cluster,
    { on: on.spec, create: script, triggers: [String(certificates.renewed)] },
    { ...opts, deletedWith: on.domain, ignoreChanges: ["create"] },
  );
}
