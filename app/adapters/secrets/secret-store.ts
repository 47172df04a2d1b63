/**
 * Secrets at rest: each tenant has a data key, wrapped by the master key; each secret is sealed with its tenant's key
 * and bound to tenant, cluster and kind.
 */
import { randomBytes } from "node:crypto";
import type { ClusterSecrets } from "#app/domain/cluster/spec.ts";
import type { SealedRows } from "#app/ports/sealed-rows.ts";
import type { SecretStore } from "#app/ports/secret-store.ts";
import { keyBytes, keyId, keyIdOf, SecretUnreadable, seal, unseal } from "./envelope.ts";
import { makeMasterKey, readMasterKey } from "./master-key.ts";

/**
 * Opens the store with the key in `keyFile`, making the key at the very first start. Throws SecretUnreadable when the
 * file is missing or another one while the rows hold secrets: better at the start than in the middle of an operation.
 */
export async function openSecretStore(rows: SealedRows, keyFile: string): Promise<SecretStore> {
  const wrapped = await rows.anyWrappedKey();
  const found = await readMasterKey(keyFile);
  if (!found && wrapped !== null) {
    throw new SecretUnreadable(
      `the master key ${keyFile} is missing, but the database holds secrets sealed with it; put the file back from its copy`,
    );
  }
  const masterKey = found ?? (await makeMasterKey(keyFile));
  if (wrapped !== null && keyIdOf(wrapped) !== keyId(masterKey)) {
    throw new SecretUnreadable(
      `the master key ${keyFile} is not the one this database's secrets are sealed with; put the right file back from its copy`,
    );
  }
  return createSecretStore(rows, masterKey);
}

type Kind = "cluster-secrets" | "passphrase";

export function createSecretStore(rows: SealedRows, masterKey: Buffer): SecretStore {
  const tenantKey = (tenantId: string) => dataKey(rows, masterKey, tenantId);

  const put = async (tenantId: string, clusterId: string, kind: Kind, text: string) => {
    await rows.put(tenantId, clusterId, kind, seal(await tenantKey(tenantId), [tenantId, clusterId, kind], Buffer.from(text)));
  };

  const open = async (tenantId: string, clusterId: string, kind: Kind, sealed: string) => {
    const what = clusterId === "" ? `the ${kind} of tenant ${tenantId}` : `the ${kind} of cluster ${clusterId}`;
    return unseal(await tenantKey(tenantId), [tenantId, clusterId, kind], sealed, what).toString();
  };

  const get = async (tenantId: string, clusterId: string, kind: Kind) => {
    const sealed = await rows.get(tenantId, clusterId, kind);
    return sealed === null ? null : await open(tenantId, clusterId, kind, sealed);
  };

  const keep = async (tenantId: string, clusterId: string, kind: Kind, text: string) => {
    const sealed = seal(await tenantKey(tenantId), [tenantId, clusterId, kind], Buffer.from(text));
    return await open(tenantId, clusterId, kind, await rows.keep(tenantId, clusterId, kind, sealed));
  };

  return {
    putClusterSecrets: (tenantId, clusterId, secrets) => put(tenantId, clusterId, "cluster-secrets", JSON.stringify(secrets)),
    keepClusterSecrets: async (tenantId, clusterId, secrets) =>
      JSON.parse(await keep(tenantId, clusterId, "cluster-secrets", JSON.stringify(secrets))) as ClusterSecrets,
    clusterSecrets: async (tenantId, clusterId) => {
      const text = await get(tenantId, clusterId, "cluster-secrets");
      return text === null ? null : (JSON.parse(text) as ClusterSecrets);
    },
    passphrase: async (tenantId) =>
      (await get(tenantId, "", "passphrase")) ?? (await keep(tenantId, "", "passphrase", randomBytes(keyBytes).toString("base64url"))),
    seal: async (tenantId, purpose, text) => seal(await tenantKey(tenantId), [tenantId, "text", purpose], Buffer.from(text)),
    open: async (tenantId, purpose, sealed) =>
      unseal(await tenantKey(tenantId), [tenantId, "text", purpose], sealed, `what was sealed for ${purpose}`).toString(),
    removeCluster: (clusterId) => rows.removeCluster(clusterId),
  };
}

/** The tenant's key, made at first use; when two processes make one, the first that was written counts for both. */
async function dataKey(rows: SealedRows, masterKey: Buffer, tenantId: string): Promise<Buffer> {
  const context = [tenantId, "data key"];
  const wrapped =
    (await rows.wrappedKey(tenantId)) ?? (await rows.keepWrappedKey(tenantId, seal(masterKey, context, randomBytes(keyBytes))));
  return unseal(masterKey, context, wrapped, `the data key of tenant ${tenantId}`);
}
