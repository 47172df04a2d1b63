/** The inline program of a cluster. It makes no choice: the spec has made them all. */
import * as libvirt from "@pulumi/libvirt";
import { type ClusterSecrets, type ClusterSpec, type MachineSpec, controlPlaneOf, workersOf } from "#app/domain/cluster/spec.ts";
import { tscKhzOf } from "#programs/host-clock.ts";
import { renderFlannel } from "#programs/render/flannel.ts";
import { cniScript, smokeScript } from "#programs/render/scripts.ts";
import { AddOn } from "./add-on.ts";
import type { ClusterArgs, MachineHost } from "./args.ts";
import { ClusterNetwork } from "./cluster-network.ts";
import { ControlPlane } from "./control-plane.ts";
import { Machine } from "./machine.ts";
import { plainMachines } from "./plain-machines.ts";
import { Worker } from "./worker.ts";

/** `seedFolder` must hold what `writeSeeds` wrote for the same spec: call it before every run. */
export const clusterProgram =
  (spec: ClusterSpec, secrets: ClusterSecrets, host: MachineHost, seedFolder: string) => async (): Promise<Record<string, never>> => {
    const cluster: ClusterArgs = { spec, secrets, host, seedFolder, tscKhz: await tscKhzOf(host.libvirtUri) };
    const provider = new libvirt.Provider("libvirt", { uri: host.libvirtUri });
    const opts = { providers: [provider] };
    const network = new ClusterNetwork(spec.name, cluster, opts);
    const machineOf = (m: MachineSpec) => new Machine(m, cluster, network, opts);
    const first = machineOf(controlPlaneOf(spec));
    const others = workersOf(spec).map(machineOf);
    if (spec.blueprint === "machines") plainMachines(cluster, first, others);
    else kubernetes(cluster, first, others);
    // No outputs: what a machine says is nothing to pass on.
    return {};
  };

function kubernetes(cluster: ClusterArgs, first: Machine, others: readonly Machine[]): void {
  const { spec } = cluster;
  const controlPlane = new ControlPlane(`${spec.name}-control-plane`, cluster, first, {});
  const cni = new AddOn(
    cluster,
    { step: "cni", script: cniScript(spec), stdin: renderFlannel(spec), on: first, after: [controlPlane.init] },
    {},
  );
  const workers = others.map((machine) => new Worker(cluster, controlPlane, machine, {}));
  // After the members: a busy control plane is asked by one script at a time.
  new AddOn(cluster, { step: "smoke", script: smokeScript(spec), on: first, after: [cni.done, ...workers.map((w) => w.member)] }, {});
}
