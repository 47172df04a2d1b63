/** The secret store's contract in memory, in clear: for tests only. */
import { randomUUID } from "node:crypto";
import type { ClusterSecrets } from "#app/domain/cluster/spec.ts";
import type { SecretStore } from "#app/ports/secret-store.ts";
import { stored } from "./state.ts";

export function createMemorySecretStore(): SecretStore {
  const clusters = new Map<string, { tenantId: string; secrets?: ClusterSecrets }>();
  const passphrases = new Map<string, string>();
  const of = (tenantId: string, clusterId: string) => {
    const found = clusters.get(clusterId);
    return found?.tenantId === tenantId ? found : { tenantId };
  };
  return {
    putClusterSecrets: async (tenantId, clusterId, secrets) =>
      void clusters.set(clusterId, { ...of(tenantId, clusterId), secrets: stored(secrets) }),
    keepClusterSecrets: async (tenantId, clusterId, secrets) => {
      const kept = of(tenantId, clusterId).secrets ?? stored(secrets);
      clusters.set(clusterId, { ...of(tenantId, clusterId), secrets: kept });
      return kept;
    },
    clusterSecrets: async (tenantId, clusterId) => of(tenantId, clusterId).secrets ?? null,
    passphrase: async (tenantId) => {
      const kept = passphrases.get(tenantId) ?? randomUUID();
      passphrases.set(tenantId, kept);
      return kept;
    },
    seal: async (tenantId, purpose, text) => Buffer.from(JSON.stringify([tenantId, purpose, text])).toString("base64"),
    open: async (tenantId, purpose, sealed) => {
      const [ofTenant, ofPurpose, text] = JSON.parse(Buffer.from(sealed, "base64").toString()) as string[];
      if (text === undefined || ofTenant !== tenantId || ofPurpose !== purpose)
        throw new Error("opening a sealed text: it belongs to something else");
      return text;
    },
    removeCluster: async (clusterId) => void clusters.delete(clusterId),
  };
}
