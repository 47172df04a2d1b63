/** metrics-server, as upstream's `manifests/base` of the same version puts it in, with what machines made by Berth need. */
import { metricsServer as definition } from "#app/domain/add-ons/metrics-server.ts";
import type { ProfileSettings } from "#programs/render/profile.ts";
import type { AddOnInput, AddOnProgram, Manifest } from "./add-on.ts";

const name = "metrics-server";
const namespace = "kube-system";
const labels = { "k8s-app": name };
const rbac = "rbac.authorization.k8s.io/v1";
const apiGroup = "rbac.authorization.k8s.io";
const account = { kind: "ServiceAccount", name, namespace };

export const metricsServer: AddOnProgram = {
  id: definition.id,
  // The APIService comes last, and so is the first to go: while it points to nothing, everybody who asks the API server
  // which kinds there are gets an error besides the answer.
  manifests: (input) => [...rights, service, server(input), apiService],
  checks: {
    "resource-metrics": {
      what: "metrics of every Ready node",
      minutes: 8,
      // A node has metrics after two readings.
      succeeds: `ready=$(timeout 60 kubectl get nodes --no-headers | grep -cw Ready)
measured=$(timeout 60 kubectl get --raw /apis/metrics.k8s.io/v1beta1/nodes | grep -o '"usage"' | wc -l)
[ "$ready" -gt 0 ] && [ "$measured" -ge "$ready" ]`,
      report: `timeout 60 kubectl -n ${namespace} describe pod -l k8s-app=${name} || true
timeout 60 kubectl -n ${namespace} logs -l k8s-app=${name} --tail=20 || true`,
    },
  },
};

const bound = (kind: string, bindingName: string, roleKind: string, role: string): Manifest => ({
  apiVersion: rbac,
  kind,
  metadata: { name: bindingName, ...(kind === "RoleBinding" ? { namespace } : {}), labels },
  roleRef: { apiGroup, kind: roleKind, name: role },
  subjects: [account],
});

const rights: readonly Manifest[] = [
  { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace, labels } },
  {
    apiVersion: rbac,
    kind: "ClusterRole",
    metadata: {
      name: "system:aggregated-metrics-reader",
      labels: { ...labels, ...Object.fromEntries(["view", "edit", "admin"].map((role) => [`${apiGroup}/aggregate-to-${role}`, "true"])) },
    },
    rules: [{ apiGroups: ["metrics.k8s.io"], resources: ["pods", "nodes"], verbs: ["get", "list", "watch"] }],
  },
  {
    apiVersion: rbac,
    kind: "ClusterRole",
    metadata: { name: "system:metrics-server", labels },
    rules: [
      { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
      { apiGroups: [""], resources: ["pods", "nodes"], verbs: ["get", "list", "watch"] },
    ],
  },
  bound("RoleBinding", "metrics-server-auth-reader", "Role", "extension-apiserver-authentication-reader"),
  bound("ClusterRoleBinding", "metrics-server:system:auth-delegator", "ClusterRole", "system:auth-delegator"),
  bound("ClusterRoleBinding", "system:metrics-server", "ClusterRole", "system:metrics-server"),
];

const service: Manifest = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace, labels },
  spec: { selector: labels, ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: "https", appProtocol: "https" }] },
};

const apiService: Manifest = {
  apiVersion: "apiregistration.k8s.io/v1",
  kind: "APIService",
  metadata: { name: "v1beta1.metrics.k8s.io", labels },
  spec: {
    group: "metrics.k8s.io",
    version: "v1beta1",
    groupPriorityMinimum: 100,
    versionPriority: 100,
    service: { name, namespace },
    // metrics-server makes its certificate itself at every start.
    insecureSkipTLSVerify: true,
  },
};

const server = ({ version, profile }: AddOnInput): Manifest => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace, labels },
  spec: {
    replicas: 1,
    selector: { matchLabels: labels },
    strategy: { rollingUpdate: { maxUnavailable: 0 } },
    template: {
      metadata: { labels },
      spec: {
        serviceAccountName: name,
        priorityClassName: "system-cluster-critical",
        nodeSelector: { "kubernetes.io/os": "linux" },
        // Every pool of workers may have taints, or no machines.
        tolerations: [{ key: "node-role.kubernetes.io/control-plane", operator: "Exists", effect: "NoSchedule" }],
        containers: [container(version, profile)],
        volumes: [{ name: "tmp", emptyDir: {} }],
      },
    },
  },
});

const container = (version: string, profile: ProfileSettings) => ({
  name,
  image: definition.images(version)[0],
  imagePullPolicy: "IfNotPresent",
  args: [
    "--cert-dir=/tmp",
    "--secure-port=10250",
    "--kubelet-preferred-address-types=InternalIP",
    "--kubelet-use-node-status-port",
    // A kubelet that kubeadm set up signs its own certificate, which no authority vouches for. The readings go over the
    // network of the cluster's own machines, and a kubelet still asks the API server who reads them.
    "--kubelet-insecure-tls",
    ...pace(profile),
  ],
  ports: [{ name: "https", containerPort: 10_250, protocol: "TCP" }],
  ...probes(profile),
  resources: { requests: { cpu: "50m", memory: `${definition.memoryMiB}Mi` } },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    runAsUser: 1000,
    seccompProfile: { type: "RuntimeDefault" },
    capabilities: { drop: ["ALL"] },
  },
  volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
});

/** How often all kubelets are read, and how long one may take. A reading costs an emulated machine seconds. */
const pace = ({ probes: slow }: ProfileSettings): readonly string[] =>
  slow === null ? ["--metric-resolution=15s"] : ["--metric-resolution=60s", "--kubelet-request-timeout=40s"];

function probes({ probes: slow }: ProfileSettings) {
  const limits = slow ?? { periodSeconds: 10, failureThreshold: 3 };
  const probe = (path: string) => ({ httpGet: { path, port: "https", scheme: "HTTPS" }, ...limits });
  return { readinessProbe: { ...probe("/readyz"), initialDelaySeconds: 20 }, livenessProbe: probe("/livez") };
}
