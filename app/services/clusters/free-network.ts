/**
 * A draft only proposes a network. Where another cluster has reserved it meanwhile, the next revision proposes a free one,
 * so that its preview plans what can be carried out. What was built keeps its network for life.
 */
import { withNetworkIndex } from "#app/domain/cluster/build-spec.ts";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import { networksOf } from "#app/domain/host/libvirt-host.ts";
import { notFound, Problem } from "#app/domain/problem.ts";
import { type ClusterStore, RangeExhausted, RevisionConflict } from "#app/ports/cluster-store.ts";
import type { HostStore } from "#app/ports/hosts/host-store.ts";
import { registeredHost } from "#app/services/hosts/known-hosts.ts";

export interface FreeNetworkDeps {
  readonly clusters: ClusterStore;
  readonly hosts: HostStore;
  readonly now: () => number;
}

/** The cluster as it stands now. Problem: range-exhausted. */
export async function withFreeNetwork(deps: FreeNetworkDeps, cluster: Cluster): Promise<Cluster> {
  if (cluster.state !== "draft" || !(await deps.clusters.networkIsTaken(cluster.id))) return cluster;
  const spec = await deps.clusters.spec(cluster.id, cluster.revision);
  if (!spec) throw notFound();
  const host = await registeredHost(deps.hosts, cluster.hostId);
  const q = { indexLimit: networksOf(host), at: deps.now() };
  await deps.clusters.proposeNetwork(cluster.id, q, (index) => withNetworkIndex(spec, index, host)).catch(passOver);
  return (await deps.clusters.get(cluster.id)) ?? cluster;
}

/** Another request wrote the next revision first: that one stands. */
function passOver(error: unknown): void {
  if (error instanceof RangeExhausted) throw new Problem({ code: "range-exhausted" });
  if (!(error instanceof RevisionConflict)) throw error;
}
