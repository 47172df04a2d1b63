/** Ways into a cluster's API: for people a kubeconfig of their own, for Berth a certificate that it signs when it asks. */
import { hasApi } from "#app/domain/cluster/cluster.ts";
import { type ClusterSpec, kubernetesOf, publishedApiPort } from "#app/domain/cluster/spec.ts";
import type { HostId } from "#app/domain/host/libvirt-host.ts";
import { Problem } from "#app/domain/problem.ts";
import type { Actor } from "#app/domain/tenant.ts";
import type { ApiAccess } from "#app/ports/cluster-nodes.ts";
import type { HostChecks } from "#app/ports/hosts/by-host.ts";
import type { HostStore } from "#app/ports/hosts/host-store.ts";
import type { KeyMaker } from "#app/ports/key-maker.ts";
import type { SecretStore } from "#app/ports/secret-store.ts";
import type { FoundCluster } from "#app/services/access/authorized-lookup.ts";
import { renderKubeconfig } from "./kubeconfig.ts";
import { registeredHost } from "#app/services/hosts/known-hosts.ts";
import { unreachedPorts } from "#app/services/hosts/unreached-ports.ts";
import { newestSpec, type ViewDeps } from "#app/services/views.ts";

/** kubeadm binds it to cluster-admin. Unlike `system:masters`, whoever removes that binding takes the right away. */
const administrators = "kubeadm:cluster-admins";

const hour = 3_600_000;
const day = 24 * hour;

export interface AccessDeps extends ViewDeps {
  readonly keyMaker: KeyMaker;
  readonly secretStore: SecretStore;
  readonly hosts: HostStore;
  /** Days that the certificate in a downloaded kubeconfig is valid. */
  readonly kubeconfigDays: number;
  /** Absent where there is no host to check. */
  readonly hostChecks?: HostChecks;
}

/** Each download has a key and a certificate of its own, which name the person. */
export async function kubeconfigOf(
  deps: AccessDeps,
  actor: Actor,
  { tenant, cluster }: FoundCluster,
  use: "outside" | "direct",
): Promise<string> {
  const spec = await newestSpec(deps, cluster);
  const secrets = hasApi(cluster, spec) ? await deps.secretStore.clusterSecrets(cluster.tenantId, cluster.id) : null;
  if (secrets === null) throw new Problem({ code: "no-kubeconfig" });
  const published = publishedApiPort(spec);
  if (use === "outside" && published !== null) await demandPublished(deps, spec.hostId, published);
  const client = await deps.keyMaker.clientCertificate(
    secrets.pki,
    { user: `berth:${actor.name}`, group: administrators },
    deps.now(),
    deps.kubeconfigDays * day,
  );
  const server =
    use === "outside" && published !== null
      ? { host: (await registeredHost(deps.hosts, spec.hostId)).publishedHost, port: published }
      : null;
  return renderKubeconfig({ tenant: tenant.slug, spec, server, caCert: secrets.pki.caCert, client });
}

/** A kubeconfig for a port that leads elsewhere would only fail later, with a message that misleads. */
async function demandPublished({ hostChecks }: AccessDeps, hostId: HostId, port: number): Promise<void> {
  const [unreached] = await unreachedPorts(hostChecks?.of(hostId), [port], [port]);
  if (unreached !== undefined) throw new Problem({ code: "port-not-published", ...unreached });
}

export interface OwnAccessPorts {
  readonly secrets: Pick<SecretStore, "clusterSecrets">;
  readonly keyMaker: Pick<KeyMaker, "clientCertificate">;
  readonly now: () => number;
}

/** For Berth's own question about the nodes: null where there is no Kubernetes. */
export async function ownAccess(ports: OwnAccessPorts, spec: ClusterSpec): Promise<ApiAccess | null> {
  const { endpoint } = kubernetesOf(spec);
  if (endpoint === null) return null;
  const secrets = await ports.secrets.clusterSecrets(spec.tenantId, spec.clusterId);
  if (secrets === null) return null;
  const { certificate, privateKey } = await ports.keyMaker.clientCertificate(
    secrets.pki,
    { user: "berth:drift", group: administrators },
    ports.now(),
    hour,
  );
  return { host: endpoint.address, port: endpoint.port, caCert: secrets.pki.caCert, certificate, privateKey };
}
