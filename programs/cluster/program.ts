/** The inline program of a cluster. It makes no choice: the spec has made them all. */
import * as libvirt from "@pulumi/libvirt";
import type * as pulumi from "@pulumi/pulumi";
import { type ClusterSecrets, type ClusterSpec, type MachineSpec, controlPlaneOf, workersOf } from "#app/domain/cluster/spec.ts";
import { tscKhzOf } from "../host-clock.ts";
import { renderFlannel } from "../render/flannel.ts";
import { cniScript, smokeScript } from "../render/scripts.ts";
import { AddOn } from "./add-on.ts";
import type { ClusterArgs, MachineHost } from "./args.ts";
import { ClusterNetwork } from "./cluster-network.ts";
import { ControlPlane } from "./control-plane.ts";
import { Machine } from "./machine.ts";
import { plainMachines } from "./plain-machines.ts";
import { Worker } from "./worker.ts";

/** Stack outputs. `kubeconfig` is secret, and absent where there is no Kubernetes. */
export interface ClusterOutputs {
  readonly kubeconfig?: pulumi.Output<string>;
}

/** `seedFolder` must hold what `writeSeeds` wrote for the same spec: call it before every run. */
export const clusterProgram =
  (spec: ClusterSpec, secrets: ClusterSecrets, host: MachineHost, seedFolder: string) => async (): Promise<ClusterOutputs> => {
    const cluster: ClusterArgs = { spec, secrets, host, seedFolder, tscKhz: await tscKhzOf(host.libvirtUri) };
    const provider = new libvirt.Provider("libvirt", { uri: host.libvirtUri });
    const opts = { providers: [provider] };
    const network = new ClusterNetwork(spec.name, cluster, opts);
    const machineOf = (m: MachineSpec) => new Machine(m, cluster, network, opts);
    const first = machineOf(controlPlaneOf(spec));
    const others = workersOf(spec).map(machineOf);
    return spec.blueprint === "machines" ? plainMachines(cluster, first, others) : kubernetes(cluster, first, others);
  };

function kubernetes(cluster: ClusterArgs, first: Machine, others: readonly Machine[]): ClusterOutputs {
  const { spec } = cluster;
  const controlPlane = new ControlPlane(`${spec.name}-control-plane`, cluster, first, {});
  const cni = new AddOn(
    cluster,
    { step: "cni", script: cniScript(spec), stdin: renderFlannel(spec), on: first, after: [controlPlane.init] },
    {},
  );
  const workers = others.map((machine) => new Worker(cluster, controlPlane, machine, {}));
  new AddOn(cluster, { step: "smoke", script: smokeScript(spec), on: first, after: [cni.done, ...workers.map((w) => w.join)] }, {});
  return { kubeconfig: controlPlane.kubeconfig };
}
