import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { clusterStepName } from "#app/domain/cluster/steps.ts";
import { renderBundle } from "../render/bundle.ts";
import { patchesFolder, renderInitConfig, renderPatches } from "../render/kubeadm.ts";
import { renderPki } from "../render/pki.ts";
import { answersScript } from "../render/rest-scripts.ts";
import { initScript, kubeconfigScript } from "../render/scripts.ts";
import type { ClusterArgs } from "./args.ts";
import type { Machine } from "./machine.ts";
import { remoteCommand } from "./remote.ts";
import { restOf } from "./rest.ts";

/** kubeadm init on the first machine, with keys that were made on the host, and the kubeconfig that comes of it. */
export class ControlPlane extends pulumi.ComponentResource {
  readonly machine: Machine;
  readonly init: command.remote.Command;
  /** Its API server answers, also after a restart. */
  readonly rest: command.remote.Command;
  /** Secret; its server is the machine's own address. */
  readonly kubeconfig: pulumi.Output<string>;

  constructor(name: string, cluster: ClusterArgs, machine: Machine, opts: pulumi.ComponentResourceOptions) {
    super("berth:cluster:ControlPlane", name, {}, opts);
    this.machine = machine;
    const { spec } = cluster;
    const here = { parent: this, deletedWith: machine.domain };
    this.init = remoteCommand(
      clusterStepName(spec.name, "init"),
      cluster,
      { on: machine.spec, create: initScript(spec), stdin: initBundle(cluster) },
      // A living control plane is never initialised again, however this script or the list of workers changes.
      { ...here, dependsOn: machine.ready, ignoreChanges: ["create", "stdin"] },
    );
    this.rest = restOf(cluster, machine, machine, { back: answersScript(spec) }, { parent: this, dependsOn: [this.init] });
    const kubeconfig = remoteCommand(
      clusterStepName(spec.name, "kubeconfig"),
      cluster,
      { on: machine.spec, create: kubeconfigScript, secretOutput: true },
      { ...here, dependsOn: this.init },
    );
    this.kubeconfig = pulumi.secret(kubeconfig.stdout);
    this.registerOutputs({ kubeconfig: this.kubeconfig });
  }
}

const initBundle = ({ spec, secrets }: ClusterArgs): string =>
  renderBundle([
    ...renderPki(secrets.pki),
    { path: "/var/lib/berth/init.yaml", mode: "0600", text: renderInitConfig(spec, secrets) },
    ...Object.entries(renderPatches(spec)).map(([file, text]) => ({ path: `${patchesFolder}/${file}`, mode: "0644" as const, text })),
  ]);
