/** A small cluster for tests and previews of pages: real in form, with keys that open nothing. */
import { localHost } from "#app/domain/host/libvirt-host.ts";
import { buildSpec, firstMachineNames } from "./build-spec.ts";
import type { PoolInput, SpecInput, SpecRequest, Topology } from "./spec-input.ts";
import { limits, sizes } from "./sizes.ts";
import type { ClusterSecrets, ClusterSpec } from "./spec.ts";

/** The pool `workers` with one small machine. */
export function examplePool(change: Partial<PoolInput> = {}): PoolInput {
  return { name: "workers", ...sizes.small, count: 1, diskGiB: 20, labels: {}, taints: [], ...change };
}

const oneControlPlane: Topology = {
  id: "single",
  distribution: "kubeadm",
  controlPlanes: { choices: [1], usual: 1 },
  virtualEndpoint: false,
  apiServer: true,
  sizedDisks: true,
};

/** Several control planes behind one address. */
export const exampleOfSeveral: Topology = {
  ...oneControlPlane,
  id: "several",
  controlPlanes: { choices: [1, 3, 5], usual: 3 },
  virtualEndpoint: true,
};

export const exampleInput: SpecInput = {
  name: "demo",
  kubernetesVersion: "1.35.4",
  controlPlane: { ...sizes.small, diskGiB: 20 },
  pools: [examplePool()],
  authorizedKeys: [],
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/12",
};

/** What a test may say about an example in short: the number of workers in its pool. */
export interface ExampleChange extends Partial<SpecInput> {
  readonly workers?: number;
  readonly topology?: Topology;
}

/** Keys for so many workers, so that a test can add some. */
const mostWorkers = [{ count: limits.workers.max }];

export function exampleRequest({ workers, topology = oneControlPlane, ...change }: ExampleChange = {}): SpecRequest {
  const input = { ...exampleInput, ...(workers === undefined ? {} : { pools: [examplePool({ count: workers })] }), ...change };
  return {
    clusterId: "00000000-0000-7000-8000-0000000abcde",
    tenantId: "tenant-1",
    hostId: localHost,
    topology,
    input,
    networkIndex: 7,
    settings: { networkRange: "10.91.0.0/16", portBase: 20_000 },
    image: { name: "node-1.35.4", contentHash: "0".repeat(64) },
    profile: "emulated",
    apiServerNames: ["localhost", "127.0.0.1"],
    keys: {
      portalKey: "ssh-ed25519 AAAAportal",
      hostKeys: Object.fromEntries(
        firstMachineNames({ controlPlanes: limits.controlPlanes.max }, mostWorkers).map((n) => [n, `ssh-ed25519 AAAA${n}`]),
      ),
      caCertHash: `sha256:${"a".repeat(64)}`,
    },
  };
}

export const exampleSpec = (change: ExampleChange = {}): ClusterSpec => buildSpec(exampleRequest(change));

/** Each secret is a text that says what it is, so that a test can look for it where it must not be. */
export const exampleSecrets = (spec: ClusterSpec): ClusterSecrets => ({
  portalPrivateKey: "secret-portal-key\n",
  hostKeys: Object.fromEntries(spec.machines.map((m) => [m.name, `secret-host-key-of-${m.name}\n`])),
  bootstrapTokens: Object.fromEntries(spec.machines.map((m, i) => [m.name, `token${i}.secret0123456789`])),
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
