/**
 * A cluster whose first revision reads a file from its machine and passes it on as a secret output, as earlier versions of
 * Berth read the kubeconfig; its later revisions have what is left of that step.
 */
import * as pulumi from "@pulumi/pulumi";
import { type ClusterSecrets, type ClusterSpec, controlPlaneOf, kubernetesOf, networkOf } from "#app/domain/cluster/spec.ts";
import { clusterStepName } from "#app/domain/cluster/steps.ts";
import type { ClusterArgs, MachineHost } from "#programs/cluster/args.ts";
import { ClusterNetwork } from "#programs/cluster/cluster-network.ts";
import { formerKubeconfigStep } from "#programs/cluster/control-plane.ts";
import { Machine } from "#programs/cluster/machine.ts";
import { remoteCommand } from "#programs/cluster/remote.ts";
import * as libvirt from "@pulumi/libvirt";
import { plainDistribution } from "#tests/plain/distribution.ts";

export const clusterProgram =
  (spec: ClusterSpec, secrets: ClusterSecrets, host: MachineHost, seedFolder: string) => (): Promise<Record<string, unknown>> => {
    const cluster: ClusterArgs = { spec, secrets, host, seedFolder, tscKhz: null, awake: [], distribution: plainDistribution };
    const opts = { providers: [new libvirt.Provider("libvirt", { uri: host.libvirtUri })] };
    const machine = new Machine(controlPlaneOf(spec), cluster, new ClusterNetwork(networkOf(spec).key, cluster, opts), [], opts);
    // A machine without this step counts as half made.
    const init = remoteCommand(
      clusterStepName(kubernetesOf(spec).key, "init"),
      cluster,
      { on: machine.spec, create: "true" },
      { deletedWith: machine.domain, dependsOn: machine.ready },
    );
    const here = { deletedWith: machine.domain, dependsOn: init };
    if (spec.revision > 1) {
      formerKubeconfigStep(cluster, machine.spec, here);
      return Promise.resolve({});
    }
    const read = remoteCommand(
      clusterStepName(kubernetesOf(spec).key, "kubeconfig"),
      cluster,
      { on: machine.spec, create: "echo planted-by-the-machine", secretOutput: true },
      here,
    );
    return Promise.resolve({ kubeconfig: pulumi.secret(read.stdout) });
  };
