/** Kubernetes by kubeadm: init on the control plane, the pod network, joins, and the check of the whole. */
import type * as pulumi from "@pulumi/pulumi";
import { type ClusterSpec, controlPlaneOf, kubernetesOf, workersOf } from "#app/domain/cluster/spec.ts";
import { renderFlannel } from "#programs/render/flannel.ts";
import { awakeScript } from "#programs/render/power-scripts.ts";
import { settingsOf } from "#programs/render/profile.ts";
import { cniScript, readyScript, smokeScript } from "#programs/render/scripts.ts";
import { AddOn } from "./add-on.ts";
import { putInAddOns } from "./add-ons.ts";
import type { ClusterArgs } from "./args.ts";
import { ControlPlane } from "./control-plane.ts";
import type { Distribution, MakeMachine } from "./distribution.ts";
import { furtherControlPlanes } from "./further-control-planes.ts";
import { Worker } from "./worker.ts";

export const kubeadm: Distribution = {
  ready: readyScript,
  shutdownSeconds: (spec: ClusterSpec) => 80 * settingsOf(spec).patience,
  members: (cluster: ClusterArgs, machineOf: MakeMachine, services: readonly pulumi.Resource[]) => {
    const { spec } = cluster;
    const first = machineOf(controlPlaneOf(spec));
    const others = workersOf(spec).map((m) => machineOf(m));
    const controlPlane = new ControlPlane(`${kubernetesOf(spec).key}-control-plane`, cluster, first, {});
    const cni = new AddOn(
      cluster,
      { step: "cni", script: cniScript(spec), stdin: renderFlannel(spec), on: first, after: [controlPlane.init] },
      {},
    );
    const workers = others.map((machine) => new Worker(cluster, controlPlane, machine, {}));
    const joined = furtherControlPlanes(cluster, controlPlane, machineOf);
    // After the members: a busy control plane is asked by one script at a time.
    const check = new AddOn(
      cluster,
      { step: "smoke", script: smokeScript(spec), on: first, after: [cni.done, ...joined, ...workers.map((w) => w.member)] },
      {},
    );
    return putInAddOns(cluster, first, [check.done, ...services]);
  },
  awake: awakeScript,
};
