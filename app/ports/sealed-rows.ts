/** Where ciphertext lies. The secret store decides what is in it; whoever keeps the rows never sees anything in clear. */
export interface SealedRows {
  /** A tenant's data key, wrapped by the master key; null when it has none yet. */
  wrappedKey(tenantId: string): Promise<string | null>;
  /** Keeps the first one written and returns the one that is kept. */
  keepWrappedKey(tenantId: string, wrapped: string): Promise<string>;
  /** Any tenant's wrapped key, to see with which master key this database was written; null when there is none. */
  anyWrappedKey(): Promise<string | null>;
  /** `clusterId` is empty for what belongs to the tenant itself. */
  get(tenantId: string, clusterId: string, kind: string): Promise<string | null>;
  put(tenantId: string, clusterId: string, kind: string, sealed: string): Promise<void>;
  /** Keeps the first one written and returns the one that is kept. */
  keep(tenantId: string, clusterId: string, kind: string, sealed: string): Promise<string>;
  removeCluster(clusterId: string): Promise<void>;
}
