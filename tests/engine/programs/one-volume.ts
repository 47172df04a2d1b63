/** What Berth's own program makes for a cluster beside its machines, and one volume uploaded from `upload.bin` in the home. */
import { dirname, join } from "node:path";
import * as libvirt from "@pulumi/libvirt";
import { type ClusterSecrets, type ClusterSpec, networkOf } from "#app/domain/cluster/spec.ts";
import type { MachineHost } from "#app/ports/stack-engine.ts";
import { ClusterNetwork } from "#programs/cluster/cluster-network.ts";
import { plainDistribution } from "#tests/plain/distribution.ts";

export const clusterProgram = (spec: ClusterSpec, secrets: ClusterSecrets, host: MachineHost, seedFolder: string) => () => {
  const provider = new libvirt.Provider("libvirt", { uri: host.libvirtUri });
  const opts = { providers: [provider] };
  const { poolName } = new ClusterNetwork(
    networkOf(spec).key,
    { spec, secrets, host, seedFolder, tscKhz: null, awake: [], distribution: plainDistribution },
    opts,
  );
  new libvirt.Volume(
    `${spec.name}-upload`,
    { name: `${spec.prefix}-upload.bin`, pool: poolName, source: join(dirname(host.poolRoot), "upload.bin") },
    { provider, deleteBeforeReplace: true },
  );
  return Promise.resolve({});
};
