/** kubeadm's configuration documents. JSON documents between `---` lines, which kubeadm reads as YAML. */
import { addressOf, type ClusterSecrets, type ClusterSpec, controlPlaneOf, kubernetesOf, type MachineSpec, poolOf, workersOf } from "#app/domain/cluster/spec.ts";
import { criSocket } from "./images.ts";
import { type ProfileSettings, settingsOf } from "./profile.ts";

export const apiPort = 6443;
export const patchesFolder = "/var/lib/berth/patches";

export const endpointOf = (spec: ClusterSpec): string => `${addressOf(controlPlaneOf(spec))}:${apiPort}`;

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
    ...(workersOf(spec).length === 0 ? { taints: [] } : {}),
  },
  patches: { directory: patchesFolder },
  timeouts: timeouts(settingsOf(spec)),
});

const clusterConfiguration = (spec: ClusterSpec) => ({
  apiVersion: "kubeadm.k8s.io/v1beta4",
  kind: "ClusterConfiguration",
  kubernetesVersion: `v${kubernetesOf(spec).version.replace(/^v/, "")}`,
  clusterName: spec.name,
  controlPlaneEndpoint: endpointOf(spec),
  encryptionAlgorithm: "ECDSA-P256",
  networking: { podSubnet: kubernetesOf(spec).podCidr, serviceSubnet: kubernetesOf(spec).serviceCidr, dnsDomain: "cluster.local" },
  apiServer: {
    certSANs: [...new Set([addressOf(controlPlaneOf(spec)), controlPlaneOf(spec).name, ...kubernetesOf(spec).serverNames])],
    extraArgs: apiServerArguments(settingsOf(spec)),
    ...environment(settingsOf(spec)),
  },
  // One control plane has nobody to elect against; under emulation a lost lease would only restart these two.
  controllerManager: { extraArgs: [{ name: "leader-elect", value: "false" }], ...environment(settingsOf(spec)) },
  scheduler: { extraArgs: [{ name: "leader-elect", value: "false" }], ...environment(settingsOf(spec)) },
  etcd: { local: { dataDir: "/var/lib/etcd", extraArgs: etcdArguments(settingsOf(spec)), ...environment(settingsOf(spec)) } },
});

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
export function renderJoinConfig(spec: ClusterSpec, worker: MachineSpec, token: string): string {
  return documents([
    {
      apiVersion: "kubeadm.k8s.io/v1beta4",
      kind: "JoinConfiguration",
      discovery: {
        bootstrapToken: { token, apiServerEndpoint: endpointOf(spec), caCertHashes: [kubernetesOf(spec).caCertHash] },
        tlsBootstrapToken: token,
      },
      nodeRegistration: { ...registration(worker), ...taintsOf(spec, worker) },
      timeouts: timeouts(settingsOf(spec)),
    },
  ]);
}

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
    const patch = { spec: { containers: [{ name, livenessProbe: probes, ...(readiness ? { readinessProbe: { periodSeconds, timeoutSeconds } } : {}) }] } };
    return [`${name}+strategic.json`, json(patch)] as const;
  });
  return Object.fromEntries(entries);
}

/** Whether kubeadm gives the pod a readiness probe: a patch of one that is not there would make a pod without a handler. */
const staticPods: Readonly<Record<string, { readonly readiness: boolean }>> = {
  etcd: { readiness: true },
  "kube-apiserver": { readiness: true },
  "kube-controller-manager": { readiness: false },
  "kube-scheduler": { readiness: true },
};

const documents = (all: readonly object[]): string => all.map(json).join("---\n");

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
