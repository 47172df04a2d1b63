/** The keys of clusters, made with Node's own cryptography on the portal's host. */
import { randomInt } from "node:crypto";
import type { ClusterSecrets } from "#app/domain/cluster/spec.ts";
import type { ClusterKeys, KeyMaker } from "#app/ports/key-maker.ts";
import { certHash, makeAuthorities, signClient } from "./authorities.ts";
import { makeSshKey, publicOf } from "./open-ssh.ts";

export function createKeyMaker(): KeyMaker {
  return {
    async make(machineNames, now) {
      const portal = await makeSshKey();
      const { pki } = await makeAuthorities(now);
      return await withMachines({ portalPrivateKey: portal.privateKey, hostKeys: {}, bootstrapTokens: {}, pki }, machineNames);
    },
    extend: withMachines,
    clientCertificate: signClient,
    userKeyPair: makeSshKey,
  };
}

// A machine that is removed and added again keeps its key: what pinned it once may keep pinning it.
async function withMachines(secrets: ClusterSecrets, machineNames: readonly string[]): Promise<ClusterKeys> {
  const hostKeys = { ...secrets.hostKeys };
  const bootstrapTokens = { ...secrets.bootstrapTokens };
  for (const name of machineNames) {
    hostKeys[name] ??= (await makeSshKey()).privateKey;
    bootstrapTokens[name] ??= makeToken();
  }
  const all: ClusterSecrets = { ...secrets, hostKeys, bootstrapTokens };
  return { secrets: all, publics: await publicsOf(all) };
}

async function publicsOf({ portalPrivateKey, hostKeys, pki }: ClusterSecrets): Promise<ClusterKeys["publics"]> {
  const publics = await Promise.all(Object.entries(hostKeys).map(async ([name, key]) => [name, await publicOf(key)] as const));
  return { portalKey: await publicOf(portalPrivateKey), hostKeys: Object.fromEntries(publics), caCertHash: certHash(pki.caCert) };
}

const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
const letters = (count: number): string => Array.from({ length: count }, () => alphabet.charAt(randomInt(alphabet.length))).join("");

/** kubeadm's form: a public id and a secret. */
const makeToken = (): string => `${letters(6)}.${letters(16)}`;
