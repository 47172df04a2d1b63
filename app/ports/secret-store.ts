import type { ClusterSecrets } from "#app/domain/cluster/spec.ts";

/** Envelope-encrypted at rest with per-tenant data keys; the master key lies outside the database. */
export interface SecretStore {
  putClusterSecrets(tenantId: string, clusterId: string, secrets: ClusterSecrets): Promise<void>;
  /** For a new cluster: keeps the first ones written and returns the ones that are kept. */
  keepClusterSecrets(tenantId: string, clusterId: string, secrets: ClusterSecrets): Promise<ClusterSecrets>;
  clusterSecrets(tenantId: string, clusterId: string): Promise<ClusterSecrets | null>;
  /** The tenant's stack passphrase, made at first use. */
  passphrase(tenantId: string): Promise<string>;
  /** A secret of this installation, made at first use: what is derived from it comes out the same again. */
  linkKey(): Promise<string>;
  /** Forgets everything of a cluster. */
  removeCluster(clusterId: string): Promise<void>;
}
