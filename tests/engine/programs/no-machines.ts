/** What Berth's own program makes for a cluster beside its machines: the network and the pool. */
import * as libvirt from "@pulumi/libvirt";
import { type ClusterSecrets, type ClusterSpec, networkOf } from "#app/domain/cluster/spec.ts";
import type { MachineHost } from "#app/ports/stack-engine.ts";
import { ClusterNetwork } from "#programs/cluster/cluster-network.ts";
import { plainDistribution } from "#tests/plain/distribution.ts";

export const clusterProgram = (spec: ClusterSpec, secrets: ClusterSecrets, host: MachineHost, seedFolder: string) => () => {
  const provider = new libvirt.Provider("libvirt", { uri: host.libvirtUri });
  new ClusterNetwork(
    networkOf(spec).key,
    { spec, secrets, host, seedFolder, tscKhz: null, awake: [], distribution: plainDistribution },
    { providers: [provider] },
  );
  return Promise.resolve({});
};
