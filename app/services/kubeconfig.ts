/** The kubeconfig that people get: the one kubeadm wrote, with names that do not clash and an address they can reach. */
import { parse, stringify } from "yaml";
import { type ClusterSpec, controlPlaneOf } from "#app/domain/cluster/spec.ts";

export interface KubeconfigUse {
  /** Tenant slug. */
  readonly tenant: string;
  readonly spec: ClusterSpec;
  /** Where the API server is reached; null: on the machine's own address. */
  readonly server: { readonly host: string; readonly port: number } | null;
}

interface Written {
  readonly clusters?: readonly { readonly cluster?: Readonly<Record<string, unknown>> }[];
  readonly users?: readonly { readonly user?: Readonly<Record<string, unknown>> }[];
}

export const contextName = (tenant: string, cluster: string): string => `${tenant}-${cluster}`;

/** `https://host:port`, with brackets around an IPv6 address. */
export const apiAddress = (host: string, port: number): string => `https://${host.includes(":") ? `[${host}]` : host}:${port}`;

export const directApiAddress = (spec: ClusterSpec): string => apiAddress(controlPlaneOf(spec).address, 6443);

/** Throws when `written` is not a kubeconfig; nothing of its content is in the message. */
export function kubeconfigFor(written: string, { tenant, spec, server }: KubeconfigUse): string {
  const { cluster, user } = partsOf(written);
  const name = contextName(tenant, spec.name);
  const address = server === null ? directApiAddress(spec) : apiAddress(server.host, server.port);
  return stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name, cluster: { ...cluster, server: address } }],
      users: [{ name, user }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      "current-context": name,
      preferences: {},
    },
    // Certificates stay on one line each: some readers do not fold.
    { lineWidth: 0 },
  );
}

function partsOf(written: string) {
  const document = read(written);
  const cluster = document?.clusters?.[0]?.cluster;
  const user = document?.users?.[0]?.user;
  if (!cluster || !user) throw new Error("handing out the kubeconfig: what the cluster wrote has no cluster or no user");
  return { cluster, user };
}

function read(written: string): Written | null {
  try {
    return parse(written) as Written | null;
  } catch {
    throw new Error("handing out the kubeconfig: what the cluster wrote is not YAML");
  }
}
