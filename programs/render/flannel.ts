/** flannel in host-gw mode: all machines of a cluster share one network, so plain routes do. */
import { addressOf, type ClusterSpec, kubernetesOf } from "#app/domain/cluster/spec.ts";
import { controlPlaneOf } from "#app/domain/cluster/spec.ts";
import { flannelImage } from "./images.ts";
import { apiPort } from "./kubeadm.ts";

const name = "kube-flannel";
const labels = { app: "flannel" };

/** A Kubernetes `List` as JSON, for `kubectl apply`. */
export function renderFlannel(spec: ClusterSpec): string {
  const items = [namespace, account, role, binding, settings(spec), daemon(spec)];
  return `${JSON.stringify({ apiVersion: "v1", kind: "List", items }, null, 2)}\n`;
}

// flanneld puts this in place itself when the node's range is known: a node is not Ready before pods can have addresses.
const cniConfiguration = {
  name: "cbr0",
  cniVersion: "0.3.1",
  plugins: [
    { type: "flannel", delegate: { hairpinMode: true, isDefaultGateway: true } },
    { type: "portmap", capabilities: { portMappings: true } },
  ],
};

const namespace = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, labels: { "pod-security.kubernetes.io/enforce": "privileged" } },
};

const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "flannel", namespace: name } };

const role = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRole",
  metadata: { name: "flannel" },
  rules: [
    { apiGroups: [""], resources: ["pods"], verbs: ["get"] },
    { apiGroups: [""], resources: ["nodes"], verbs: ["get", "list", "watch"] },
    { apiGroups: [""], resources: ["nodes/status"], verbs: ["patch"] },
  ],
};

const binding = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  metadata: { name: "flannel" },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "flannel" },
  subjects: [{ kind: "ServiceAccount", name: "flannel", namespace: name }],
};

const settings = (spec: ClusterSpec) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "kube-flannel-cfg", namespace: name, labels },
  data: {
    "cni-conf.json": JSON.stringify(cniConfiguration),
    "net-conf.json": JSON.stringify({ Network: kubernetesOf(spec).podCidr, EnableNFTables: true, Backend: { Type: "host-gw" } }),
  },
});

const daemon = (spec: ClusterSpec) => ({
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: "kube-flannel-ds", namespace: name, labels },
  spec: {
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        hostNetwork: true,
        priorityClassName: "system-node-critical",
        tolerations: [{ operator: "Exists" }],
        serviceAccountName: "flannel",
        containers: [container(spec)],
        volumes: [
          { name: "run", hostPath: { path: "/run/flannel", type: "DirectoryOrCreate" } },
          { name: "cni", hostPath: { path: "/etc/cni/net.d", type: "DirectoryOrCreate" } },
          { name: "flannel-cfg", configMap: { name: "kube-flannel-cfg" } },
        ],
      },
    },
  },
});

const container = (spec: ClusterSpec) => ({
  name: "kube-flannel",
  image: flannelImage,
  imagePullPolicy: "IfNotPresent",
  args: ["--ip-masq", "--kube-subnet-mgr", "--iface=eth0", "--cni-conf=/etc/kube-flannel/cni-conf.json"],
  resources: { requests: { cpu: "50m", memory: "50Mi" } },
  securityContext: { privileged: false, capabilities: { add: ["NET_ADMIN", "NET_RAW"] } },
  env: [
    { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    { name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
    // The service address answers only after kube-proxy: waiting for it costs minutes of crash-loop back-off.
    { name: "KUBERNETES_SERVICE_HOST", value: addressOf(controlPlaneOf(spec)) },
    { name: "KUBERNETES_SERVICE_PORT", value: String(apiPort) },
  ],
  volumeMounts: [
    { name: "run", mountPath: "/run/flannel" },
    { name: "cni", mountPath: "/etc/cni/net.d" },
    { name: "flannel-cfg", mountPath: "/etc/kube-flannel/" },
  ],
});
