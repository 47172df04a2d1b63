/**
 * The kubeconfig that people get, built here from checked fields: no word of it was written by a machine, because kubectl
 * runs what a kubeconfig tells it to (`exec`) and sends traffic where it says (`proxy-url`). Pure.
 */
import { stringify } from "yaml";
import { isLabel } from "#app/domain/cluster/names.ts";
import { type ClusterSpec, endpointOf } from "#app/domain/cluster/spec.ts";
import type { ClientCertificate } from "#app/ports/key-maker.ts";

export interface KubeconfigParts {
  /** Tenant slug. */
  readonly tenant: string;
  readonly spec: ClusterSpec;
  /** Where the API server is reached; null: on the machine's own address. */
  readonly server: { readonly host: string; readonly port: number } | null;
  /** PEM: the authority that signed the API server's certificate. */
  readonly caCert: string;
  readonly client: ClientCertificate;
}

/**
 * Of context, cluster and user, and of the file. A tenant's slug and a cluster's name are labels and contain no dot, so two
 * clusters never get the same: `a.b-c` and `a-b.c`.
 */
export const contextName = (tenant: string, cluster: string): string => `${tenant}.${cluster}`;

export const kubeconfigFile = (tenant: string, cluster: string): string => `${contextName(tenant, cluster)}.kubeconfig`;

/** `https://host:port`, with brackets around an IPv6 address. */
export const apiAddress = (host: string, port: number): string => `https://${host.includes(":") ? `[${host}]` : host}:${port}`;

export const apiPort = 6443;

export const directApiAddress = (spec: ClusterSpec): string => apiAddress(endpointOf(spec).address, apiPort);

/**
 * kubeadm puts this name into every API server's certificate. Checked against it, the certificate also fits a published
 * address that was set or changed after the cluster was made.
 */
const certifiedName = "kubernetes";

export function renderKubeconfig({ tenant, spec, server, caCert, client }: KubeconfigParts): string {
  const name = contextName(checkedLabel(tenant), checkedLabel(spec.name));
  const address =
    server === null
      ? { server: directApiAddress(spec) }
      : { server: apiAddress(server.host, server.port), "tls-server-name": certifiedName };
  return stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name, cluster: { ...address, "certificate-authority-data": base64(caCert) } }],
      users: [{ name, user: { "client-certificate-data": base64(client.certificate), "client-key-data": base64(client.privateKey) } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      "current-context": name,
      preferences: {},
    },
    // Certificates stay on one line each: some readers do not fold.
    { lineWidth: 0 },
  );
}

function checkedLabel(text: string): string {
  if (!isLabel(text)) throw new Error("building a kubeconfig: a tenant or cluster name is not a label");
  return text;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
