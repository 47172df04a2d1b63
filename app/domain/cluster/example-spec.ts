/** A small cluster for tests and previews of pages: real in form, with keys that open nothing. */
import { buildSpec, type SpecInput, type SpecRequest } from "./build-spec.ts";
import { nodeNames } from "./names.ts";
import { sizes } from "./sizes.ts";
import type { ClusterSecrets, ClusterSpec } from "./spec.ts";

export const exampleInput: SpecInput = {
  name: "demo",
  blueprint: "single",
  kubernetesVersion: "1.35.4",
  controlPlane: sizes.small,
  worker: sizes.small,
  workers: 1,
  diskGiB: 20,
  authorizedKeys: [],
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/12",
};

const names = (input: SpecInput, count: number): readonly string[] => nodeNames(input.name, Math.max(count, input.workers));

export function exampleRequest(change: Partial<SpecInput> = {}): SpecRequest {
  const input = { ...exampleInput, ...change };
  return {
    clusterId: "00000000-0000-7000-8000-0000000abcde",
    tenantId: "tenant-1",
    input,
    networkIndex: 7,
    settings: { networkRange: "10.91.0.0/16", portBase: 20_000 },
    image: { name: "node-1.35.4", contentHash: "0".repeat(64) },
    profile: "emulated",
    apiServerNames: ["localhost", "127.0.0.1"],
    keys: {
      portalKey: "ssh-ed25519 AAAAportal",
      hostKeys: Object.fromEntries(names(input, 5).map((n) => [n, `ssh-ed25519 AAAA${n}`])),
      caCertHash: `sha256:${"a".repeat(64)}`,
    },
  };
}

export const exampleSpec = (change: Partial<SpecInput> = {}): ClusterSpec => buildSpec(exampleRequest(change));

/** Each secret is a text that says what it is, so that a test can look for it where it must not be. */
export const exampleSecrets = (spec: ClusterSpec): ClusterSecrets => ({
  portalPrivateKey: "secret-portal-key\n",
  hostKeys: Object.fromEntries(spec.machines.map((m) => [m.nodeName, `secret-host-key-of-${m.nodeName}\n`])),
  bootstrapTokens: Object.fromEntries(spec.machines.map((m, i) => [m.nodeName, `token${i}.secret0123456789`])),
  pki: {
    caCert: "ca-cert\n",
    caKey: "secret-ca-key\n",
    etcdCaCert: "etcd-ca-cert\n",
    etcdCaKey: "secret-etcd-ca-key\n",
    frontProxyCaCert: "front-proxy-ca-cert\n",
    frontProxyCaKey: "secret-front-proxy-ca-key\n",
    serviceAccountKey: "secret-service-account-key\n",
    serviceAccountPublicKey: "service-account-public-key\n",
  },
});
