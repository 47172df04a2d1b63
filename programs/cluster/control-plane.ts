import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { controlPlaneOf, hasVirtualEndpoint, kubernetesOf, type MachineSpec } from "#app/domain/cluster/spec.ts";
import { clusterStepName } from "#app/domain/cluster/steps.ts";
import { renderBundle } from "#programs/render/bundle.ts";
import { patchFiles, renderInitConfig } from "#programs/render/kubeadm.ts";
import { renderPki } from "#programs/render/pki.ts";
import { renewScript } from "#programs/render/certificate-scripts.ts";
import { controlPlaneBackScript } from "#programs/render/control-plane-scripts.ts";
import { keepalivedFiles } from "#programs/render/keepalived.ts";
import { answersScript } from "#programs/render/resize-scripts.ts";
import { initScript } from "#programs/render/scripts.ts";
import type { ClusterArgs } from "./args.ts";
import { certificateRenewal } from "./certificates.ts";
import type { Machine } from "./machine.ts";
import { remoteCommand } from "./remote.ts";
import { resizePauseOf } from "./resize-pause.ts";

/** kubeadm init on the first machine, with keys that were made on the host. */
export class ControlPlane extends pulumi.ComponentResource {
  readonly machine: Machine;
  readonly init: command.remote.Command;
  /** Its API server answers, also after a restart. */
  readonly rest: command.remote.Command;
  /** Null: its certificates were never renewed. */
  readonly renewal: command.remote.Command | null;

  constructor(name: string, cluster: ClusterArgs, machine: Machine, opts: pulumi.ComponentResourceOptions) {
    super("berth:cluster:ControlPlane", name, {}, opts);
    this.machine = machine;
    const { spec } = cluster;
    const here = { parent: this, deletedWith: machine.domain };
    this.init = remoteCommand(
      clusterStepName(kubernetesOf(spec).key, "init"),
      cluster,
      { on: machine.spec, create: initScript(spec), stdin: initBundle(cluster) },
      // A living control plane is never initialised again, however this script or the list of workers changes.
      { ...here, dependsOn: machine.ready, ignoreChanges: ["create", "stdin"] },
    );
    const back = hasVirtualEndpoint(spec) ? controlPlaneBackScript(spec, machine.spec) : answersScript(spec);
    this.rest = resizePauseOf(cluster, machine, machine, { back }, { parent: this, dependsOn: [this.init] });
    this.renewal = certificateRenewal(cluster, machine, renewScript(spec), { parent: this, dependsOn: this.rest });
    if (kubernetesOf(spec).certificates === undefined) formerKubeconfigStep(cluster, machine.spec, { ...here, dependsOn: this.init });
    this.registerOutputs({ init: this.init.id });
  }
}

/**
 * Earlier versions read the kubeconfig from the machine in this step, so their clusters have it in their state. Without it
 * their previews would not be empty; with it nothing runs, and what it once printed is read by nobody. The first renewal of
 * the certificates takes it out.
 */
export const formerKubeconfigStep = (cluster: ClusterArgs, on: MachineSpec, opts: pulumi.CustomResourceOptions): command.remote.Command =>
  remoteCommand(
    clusterStepName(kubernetesOf(cluster.spec).key, "kubeconfig"),
    cluster,
    { on, create: "true", secretOutput: true },
    { ...opts, ignoreChanges: ["create"] },
  );

const initBundle = ({ spec, secrets }: ClusterArgs): string =>
  renderBundle([
    ...renderPki(secrets.pki),
    { path: "/var/lib/berth/init.yaml", mode: "0600", text: renderInitConfig(spec, secrets) },
    ...patchFiles(spec),
    ...keepalivedFiles(spec, controlPlaneOf(spec)),
  ]);
