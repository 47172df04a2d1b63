import type { ClusterSecrets } from "#app/domain/cluster/spec.ts";

/** Envelope-encrypted at rest with per-tenant data keys; the master key lies outside the database. */
export interface SecretStore {
  putClusterSecrets(tenantId: string, clusterId: string, secrets: ClusterSecrets): Promise<void>;
  /** For a new cluster: keeps the first ones written and returns the ones that are kept. */
  keepClusterSecrets(tenantId: string, clusterId: string, secrets: ClusterSecrets): Promise<ClusterSecrets>;
  clusterSecrets(tenantId: string, clusterId: string): Promise<ClusterSecrets | null>;
  /** The tenant's stack passphrase, made at first use. */
  passphrase(tenantId: string): Promise<string>;
  /** Ciphertext under the tenant's data key (empty: the installation's own), for rows that are not this store's. */
  seal(tenantId: string, purpose: string, text: string): Promise<string>;
  /** Throws when it was sealed for another tenant or purpose, or was altered. */
  open(tenantId: string, purpose: string, sealed: string): Promise<string>;
  /** Forgets everything of a cluster. */
  removeCluster(clusterId: string): Promise<void>;
}
