/** Keeps the gateway's list in step with the clusters: which port outside leads to which machine. */
import { addressOf, type ClusterSpec, machineNamed } from "#app/domain/cluster/spec.ts";
import type { ClusterStore } from "#app/ports/cluster-store.ts";
import type { PublishedPort, PublishedPorts } from "#app/ports/published-ports.ts";
import { eachPage } from "#app/services/each-cluster.ts";

/** Writes the list anew from the store. Drafts have no machines, and what is gone has none left. */
export async function publish(clusters: ClusterStore, ports: PublishedPorts): Promise<void> {
  const published: PublishedPort[] = [];
  for await (const page of eachPage(clusters, ["provisioning", "ready", "degraded", "destroying"])) {
    const specs = await clusters.specs(page.map((c) => ({ clusterId: c.id, revision: c.revision })));
    published.push(...specs.flatMap(portsOf));
  }
  await ports.replace(published);
}

export const portsOf = (spec: ClusterSpec): readonly PublishedPort[] =>
  spec.published.map(({ port, machine, target }) => ({ port, host: addressOf(machineNamed(spec, machine)), targetPort: target }));
