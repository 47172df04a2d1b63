/** The inline program of a cluster. It makes no choice: the spec has made them all. */
import * as libvirt from "@pulumi/libvirt";
import { type ClusterSecrets, type ClusterSpec, kubernetesOf, networkOf } from "#app/domain/cluster/spec.ts";
import { tscKhzOf } from "#programs/host-clock.ts";
import { servicePrograms } from "#programs/services/all.ts";
import type { ServiceProgram } from "#programs/services/service.ts";
import type { ClusterArgs, MachineHost } from "./args.ts";
import { ClusterNetwork } from "./cluster-network.ts";
import type { Distribution, MakeMachine } from "./distribution.ts";
import { kubeadm } from "./kubeadm.ts";
import { Machine } from "./machine.ts";
import { saveOf, wakeOf } from "./power.ts";
import { serviceMachines } from "./service-machines.ts";

export type Distributions = Readonly<Record<string, Distribution>>;
const distributions: Distributions = { kubeadm };

/** `seedFolder` must hold what `writeSeeds` wrote for the same spec: call it before every run. */
export const clusterProgram = (spec: ClusterSpec, secrets: ClusterSecrets, host: MachineHost, seedFolder: string) =>
  programWith(distributions, spec, secrets, host, seedFolder);

/** The same with other distributions, and with other services. */
export const programWith =
  (
    known: Distributions,
    spec: ClusterSpec,
    secrets: ClusterSecrets,
    host: MachineHost,
    seedFolder: string,
    services: readonly ServiceProgram[] = servicePrograms,
  ) =>
  async (): Promise<Record<string, never>> => {
    const wanted = kubernetesOf(spec).distribution;
    const distribution = known[wanted];
    if (distribution === undefined) throw new Error(`the spec names the distribution ${wanted}, which this version of Berth does not have`);
    const asleep: ClusterArgs = { spec, secrets, host, seedFolder, tscKhz: await tscKhzOf(host.libvirtUri), distribution, awake: [] };
    const cluster: ClusterArgs = { ...asleep, awake: wakeOf(asleep) };
    const provider = new libvirt.Provider("libvirt", { uri: host.libvirtUri });
    const opts = { providers: [provider] };
    const network = new ClusterNetwork(networkOf(spec).key, cluster, opts);
    const machineOf: MakeMachine = (m, after = []) => new Machine(m, cluster, network, after, opts);
    const made = serviceMachines(cluster, machineOf, services);
    saveOf(cluster, [...made, ...distribution.members(cluster, machineOf, made)]);
    // No outputs: what a machine says is nothing to pass on.
    return {};
  };
