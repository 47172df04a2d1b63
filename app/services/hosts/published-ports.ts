/**
 * Keeps each gateway's list in step with the clusters of its host: which port outside leads to which machine, or to the address
 * that control planes share.
 */
import { addressOf, type ClusterSpec, endpointOf, machineNamed } from "#app/domain/cluster/spec.ts";
import type { ClusterStore } from "#app/ports/cluster-store.ts";
import type { ByHost } from "#app/ports/hosts/by-host.ts";
import type { HostStore } from "#app/ports/hosts/host-store.ts";
import type { PublishedPort, PublishedPorts } from "#app/ports/published-ports.ts";
import { eachPage } from "#app/services/each-cluster.ts";

/** Writes the lists again from the stores. Drafts have no machines, and what is gone has none left. */
export async function publish(clusters: ClusterStore, hosts: Pick<HostStore, "list">, ports: ByHost<PublishedPorts>): Promise<void> {
  const specs: ClusterSpec[] = [];
  for await (const page of eachPage(clusters, ["provisioning", "ready", "degraded", "destroying"])) {
    specs.push(...(await clusters.specs(page.map((c) => ({ clusterId: c.id, revision: c.revision })))));
  }
  for (const { id } of await hosts.list()) await ports.of(id).replace(specs.filter((s) => s.hostId === id).flatMap(portsOf));
}

export const portsOf = (spec: ClusterSpec): readonly PublishedPort[] =>
  spec.published.map(({ port, machine, target }) => ({
    port,
    host: machine === null ? endpointOf(spec).address : addressOf(machineNamed(spec, machine)),
    targetPort: target,
  }));
