/** Addresses of the portal's pages, in one place. */
export const dashboardPath = "/";
export const operationsPath = "/operations";
export const preferencesPath = "/preferences";
export const searchPath = "/search";
export const tenantsPath = "/tenants";

export const tenantPath = (tenant: string): string => `/tenants/${tenant}`;
export const newClusterPath = (tenant: string): string => `/tenants/${tenant}/clusters/new`;

/** By the names in its address. */
export interface ClusterPlace {
  readonly tenant: string;
  readonly name: string;
}

export const clusterPath = ({ tenant, name }: ClusterPlace): string => `/tenants/${tenant}/clusters/${name}`;
export const editPath = (cluster: ClusterPlace): string => `${clusterPath(cluster)}/edit`;
export const destroyPath = (cluster: ClusterPlace): string => `${clusterPath(cluster)}/destroy`;
export const receiptPath = (cluster: ClusterPlace): string => `${clusterPath(cluster)}/receipt`;
export const driftPath = (cluster: ClusterPlace): string => `${clusterPath(cluster)}/drift`;
export const kubeconfigPath = (cluster: ClusterPlace): string => `${clusterPath(cluster)}/kubeconfig`;
export const planPath = (cluster: ClusterPlace, number: number): string => `${clusterPath(cluster)}/plans/${number}`;
export const revisionPath = (cluster: ClusterPlace, revision: number): string => `${clusterPath(cluster)}/revisions/${revision}`;
export const operationPath = (id: string): string => `/operations/${id}`;
export const outputPath = (id: string, output: { readonly machine: string | null; readonly source: string }): string =>
  `${operationPath(id)}/output?${new URLSearchParams({ source: output.source, ...(output.machine === null ? {} : { machine: output.machine }) })}`;

/** Only a path of this portal may be returned to, and only as it can stand in a header; anything else leads home. */
export const safeReturn = (wanted: string | null): string =>
  wanted !== null && /^\/(?!\/)[\x21-\x7e]*$/.test(wanted) && !wanted.includes("\\") ? wanted : dashboardPath;
