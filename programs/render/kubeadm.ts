/** kubeadm's configuration documents. JSON documents between `---` lines, which kubeadm reads as YAML. */
import {
  addressOf,
  type ClusterSecrets,
  type ClusterSpec,
  controlPlaneOf,
  endpointOf,
  hasVirtualEndpoint,
  kubernetesOf,
  type MachineSpec,
  poolOf,
  workersOf,
} from "#app/domain/cluster/spec.ts";
import type { BundledFile } from "./bundle.ts";
import { criSocket } from "./images.ts";
import { type ProfileSettings, settingsOf } from "./profile.ts";

export const apiPort = 6443;
export const patchesFolder = "/var/lib/berth/patches";

/** Where kubeadm and the kubelets reach the API server. */
const apiEndpoint = (spec: ClusterSpec): string => `${endpointOf(spec).address}:${apiPort}`;

/** Joins with a token that init makes. */
export const isFounding = (worker: MachineSpec): boolean => worker.sinceRevision === 1;
export const foundingWorkers = (spec: ClusterSpec): readonly MachineSpec[] => workersOf(spec).filter(isFounding);

export const tokenOf = (secrets: ClusterSecrets, machine: string): string => {
  const token = secrets.bootstrapTokens[machine];
  if (token === undefined) throw new Error(`rendering the join of ${machine}: it has no bootstrap token`);
  return token;
};

export function renderInitConfig(spec: ClusterSpec, secrets: ClusterSecrets): string {
  return documents([
    initConfiguration(spec, secrets),
    clusterConfiguration(spec),
    { apiVersion: "kubeproxy.config.k8s.io/v1alpha1", kind: "KubeProxyConfiguration", mode: "nftables" },
    { apiVersion: "kubelet.config.k8s.io/v1beta1", kind: "KubeletConfiguration", cgroupDriver: "systemd", runtimeRequestTimeout: "10m0s" },
  ]);
}

const initConfiguration = (spec: ClusterSpec, secrets: ClusterSecrets) => ({
  apiVersion: "kubeadm.k8s.io/v1beta4",
  kind: "InitConfiguration",
  // They never expire because each is deleted as soon as its machine is a member.
  bootstrapTokens: foundingWorkers(spec).map((w) => ({
    token: tokenOf(secrets, w.name),
    description: `join of ${w.name}`,
    ttl: "0s",
    usages: ["signing", "authentication"],
    groups: ["system:bootstrappers:kubeadm:default-node-token"],
  })),
  localAPIEndpoint: { advertiseAddress: addressOf(controlPlaneOf(spec)), bindPort: apiPort },
  nodeRegistration: {
    ...registration(controlPlaneOf(spec)),
    ...withoutTaints(spec),
  },
  patches: { directory: patchesFolder },
  timeouts: timeouts(settingsOf(spec)),
});

const clusterConfiguration = (spec: ClusterSpec) => ({
  apiVersion: "kubeadm.k8s.io/v1beta4",
  kind: "ClusterConfiguration",
  kubernetesVersion: `v${kubernetesOf(spec).version.replace(/^v/, "")}`,
  clusterName: spec.name,
  controlPlaneEndpoint: apiEndpoint(spec),
  encryptionAlgorithm: "ECDSA-P256",
  networking: { podSubnet: kubernetesOf(spec).podCidr, serviceSubnet: kubernetesOf(spec).serviceCidr, dnsDomain: "cluster.local" },
  apiServer: {
    certSANs: [
      ...new Set([endpointOf(spec).address, addressOf(controlPlaneOf(spec)), controlPlaneOf(spec).name, ...kubernetesOf(spec).serverNames]),
    ],
    extraArgs: apiServerArguments(settingsOf(spec)),
    ...environment(settingsOf(spec)),
  },
  controllerManager: { extraArgs: electionArguments(spec), ...environment(settingsOf(spec)) },
  scheduler: { extraArgs: electionArguments(spec), ...environment(settingsOf(spec)) },
  etcd: { local: { dataDir: "/var/lib/etcd", extraArgs: etcdArguments(settingsOf(spec)), ...environment(settingsOf(spec)) } },
});

/**
 * One control plane has nobody to elect against; under emulation a lost lease would only restart the two. Several elect, with
 * the usual times multiplied by the profile's patience.
 */
function electionArguments(spec: ClusterSpec) {
  if (!hasVirtualEndpoint(spec)) return [{ name: "leader-elect", value: "false" }];
  const { patience } = settingsOf(spec);
  const seconds = { "lease-duration": 15, "renew-deadline": 10, "retry-period": 2 };
  return Object.entries(seconds).map(([name, usual]) => ({ name: `leader-elect-${name}`, value: `${usual * patience}s` }));
}

const etcdArguments = ({ etcd }: ProfileSettings) =>
  etcd === null
    ? []
    : [
        { name: "heartbeat-interval", value: String(etcd.heartbeatMs) },
        { name: "election-timeout", value: String(etcd.electionMs) },
      ];

const environment = ({ goGc }: ProfileSettings) => (goGc === null ? {} : { extraEnvs: [{ name: "GOGC", value: String(goGc) }] });

/** By default etcd has two seconds to answer. On a busy host an emulated one takes longer, and no API server would ever be ready. */
const apiServerArguments = ({ etcd }: ProfileSettings) =>
  etcd === null ? [] : ["etcd-healthcheck-timeout", "etcd-readycheck-timeout"].map((name) => ({ name, value: `${etcd.answerSeconds}s` }));

/** `token` of this worker; the cluster's CA is pinned. */
export const renderJoinConfig = (spec: ClusterSpec, worker: MachineSpec, token: string): string =>
  documents([
    {
      ...joinDiscovery(spec, token),
      nodeRegistration: { ...registration(worker), ...taintsOf(spec, worker) },
      timeouts: timeouts(settingsOf(spec)),
    },
  ]);

/** The same for a further control plane. */
export const renderControlPlaneJoinConfig = (spec: ClusterSpec, machine: MachineSpec, token: string): string =>
  documents([
    {
      ...joinDiscovery(spec, token),
      nodeRegistration: { ...registration(machine), ...withoutTaints(spec) },
      controlPlane: { localAPIEndpoint: { advertiseAddress: addressOf(machine), bindPort: apiPort } },
      patches: { directory: patchesFolder },
      timeouts: timeouts(settingsOf(spec)),
    },
  ]);

/** Stands in {@link renderEtcdConfig} where the members go; only the running etcd knows them. */
export const initialClusterPlace = "members-of-etcd";

/** For `kubeadm init phase etcd local` on a further control plane: a manifest of an etcd that becomes a member of the others'. */
export const renderEtcdConfig = (spec: ClusterSpec, machine: MachineSpec): string => {
  const { etcd, ...cluster } = clusterConfiguration(spec);
  const joining = [
    { name: "initial-cluster", value: initialClusterPlace },
    { name: "initial-cluster-state", value: "existing" },
  ];
  return documents([
    {
      apiVersion: "kubeadm.k8s.io/v1beta4",
      kind: "InitConfiguration",
      localAPIEndpoint: { advertiseAddress: addressOf(machine), bindPort: apiPort },
      nodeRegistration: registration(machine),
      patches: { directory: patchesFolder },
    },
    { ...cluster, etcd: { local: { ...etcd.local, extraArgs: [...etcd.local.extraArgs, ...joining] } } },
  ]);
};

const joinDiscovery = (spec: ClusterSpec, token: string) => ({
  apiVersion: "kubeadm.k8s.io/v1beta4",
  kind: "JoinConfiguration",
  discovery: {
    bootstrapToken: { token, apiServerEndpoint: apiEndpoint(spec), caCertHashes: [kubernetesOf(spec).caCertHash] },
    tlsBootstrapToken: token,
  },
});

/** Without workers, control planes take workloads. */
const withoutTaints = (spec: ClusterSpec) => (workersOf(spec).length === 0 ? { taints: [] } : {});

/** From its first moment, so that nothing is placed there that its pool keeps away. kubeadm adds none to a worker by itself. */
function taintsOf(spec: ClusterSpec, worker: MachineSpec) {
  const taints = poolOf(spec, worker.name)?.taints ?? [];
  return taints.length === 0 ? {} : { taints };
}

const registration = (machine: MachineSpec) => ({
  name: machine.name,
  criSocket,
  imagePullPolicy: "IfNotPresent",
  kubeletExtraArgs: [{ name: "node-ip", value: addressOf(machine) }],
});

// `discovery` covers the whole of init: a founding worker asks from its boot until the control plane answers.
const timeouts = ({ patience }: ProfileSettings) => ({
  controlPlaneComponentHealthCheck: `${5 * patience}m0s`,
  kubeletHealthCheck: `${4 * patience}m0s`,
  kubernetesAPICall: `${2 * patience}m0s`,
  etcdAPICall: `${2 * patience}m0s`,
  tlsBootstrap: `${5 * patience}m0s`,
  discovery: `${8 * patience}m0s`,
});

/** File name → content of kubeadm patches for the static pods; empty where the stock probes will do. */
export function renderPatches(spec: ClusterSpec): Readonly<Record<string, string>> {
  const { probes } = settingsOf(spec);
  if (probes === null) return {};
  const { periodSeconds, timeoutSeconds } = probes;
  const entries = Object.entries(staticPods).map(([name, { readiness }]) => {
    const patch = {
      spec: { containers: [{ name, livenessProbe: probes, ...(readiness ? { readinessProbe: { periodSeconds, timeoutSeconds } } : {}) }] },
    };
    return [`${name}+strategic.json`, json(patch)] as const;
  });
  return Object.fromEntries(entries);
}

/** The same as files of a machine. */
export const patchFiles = (spec: ClusterSpec): readonly BundledFile[] =>
  Object.entries(renderPatches(spec)).map(([file, text]) => ({ path: `${patchesFolder}/${file}`, mode: "0644", text }));

/** Whether kubeadm gives the pod a readiness probe: a patch of one that is not there would make a pod without a handler. */
const staticPods: Readonly<Record<string, { readonly readiness: boolean }>> = {
  etcd: { readiness: true },
  "kube-apiserver": { readiness: true },
  "kube-controller-manager": { readiness: false },
  "kube-scheduler": { readiness: true },
};

const documents = (all: readonly object[]): string => all.map(json).join("---\n");

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
