/**
 * The shell that runs on machines. Every script may be run again after it was cut off at any point; long commands
 * stand under `timeout`; nothing secret is in the text (it comes by standard input).
 */
import { addressOf, type ClusterSpec, controlPlanesOf, type MachineSpec, nodesOf, poolsOf, workersOf } from "#app/domain/cluster/spec.ts";
import { unpackBundle } from "./bundle.ts";
import { probeImage } from "./images.ts";
import { startKeepalived } from "./keepalived.ts";
import { settingsOf } from "./profile.ts";

export const strict = "set -euo pipefail\n";
export const admin = "export KUBECONFIG=/etc/kubernetes/admin.conf\n";
export const state = "/var/lib/berth";

/** A bootstrap token is a password for a while: kubeadm prints it, so it is masked before it leaves the machine. */
export const masked = `mask() { sed -u -E 's/[a-z0-9]{6}\\.[a-z0-9]{16}/[token]/g'; }\n`;

/** Only one of these scripts at a time on a machine: the one before may still be running after a lost connection. */
export const alone = (seconds: number): string => `mkdir -p ${state}
exec 9>${state}/lock
flock -w ${seconds} 9 || { echo "an earlier run on this machine has not ended within ${seconds} s" >&2; exit 1; }
`;

/**
 * `until_ok SECONDS WHAT COMMAND…` runs the command until it succeeds, and says what it waited for when it never does. It
 * pauses at least as long as the check took: on a slow host looking would otherwise take the processor from what is awaited.
 */
export const untilOk = (spec: ClusterSpec): string =>
  untilOkPausing(
    `pause=$(( $(date +%s) - looked ))
    sleep $(( pause > ${settingsOf(spec).pauseSeconds} ? pause : ${settingsOf(spec).pauseSeconds} ))
    looked=$(date +%s)`,
    "\n  looked=$(date +%s)",
  );

/** The text of the cluster check is compared with the one that ran, so it stays what it was for clusters that exist. */
const untilOkOfCheck = (spec: ClusterSpec): string => untilOkPausing(`sleep ${settingsOf(spec).pauseSeconds}`, "");

const untilOkPausing = (pause: string, begin: string): string => `until_ok() {
  limit=$1 what=$2; shift 2
  end=$(( $(date +%s) + limit ))${begin}
  until "$@" >/dev/null 2>&1; do
    [ "$(date +%s)" -lt "$end" ] || { echo "waiting for $what: not so within $limit s" >&2; "$@" >&2 || true; return 1; }
    ${pause}
  done
}
`;

/**
 * `again COMMAND…` asks a busy API server up to five times. Its answers are not checked against its schema on our side:
 * fetching that takes a slow server longer than kubectl waits for it.
 */
export const again = (spec: ClusterSpec): string => `again() {
  for try in 1 2 3 4 5; do
    timeout ${minutes(spec, 1)} "$@" && return 0
    [ "$try" = 5 ] || { echo "trying again" >&2; sleep ${settingsOf(spec).pauseSeconds}; }
  done
  return 1
}
`;

/** `answers`: the machine's kubelet can be reached. Its Node stays Ready for most of a minute after a machine is gone. */
export const answering = (machine: MachineSpec): string => `answers() {
  for try in 1 2 3; do
    if timeout 10 bash -c '</dev/tcp/${addressOf(machine)}/${kubeletPort}' 2>/dev/null; then return 0; fi
  done
  return 1
}
`;
const kubeletPort = 10_250;

export const minutes = (spec: ClusterSpec, n: number): number => n * 60 * settingsOf(spec).patience;

/**
 * Time for the pods of a node to move away. An eviction that a disruption budget refuses is tried again every five seconds,
 * and a pod is given its own grace period to stop: neither takes longer on an emulated machine. What does is a replacement
 * that has to become Ready elsewhere before a budget lets the next pod go.
 */
const drainSeconds = (spec: ClusterSpec): number => 60 + minutes(spec, 1);

/**
 * The machine answers by its own name, and its container runtime is up. The image's own check knows best what its first boot
 * consists of.
 */
export const readyScript = (
  spec: ClusterSpec,
  machine: MachineSpec,
): string => `${strict}timeout ${minutes(spec, 4)} berth-ready ${minutes(spec, 3)}
${rightMachine(machine)}echo "ready: $(hostname), Linux $(uname -r)"
`;

/** Ends with an error on a machine that is another one. */
export const rightMachine = (machine: MachineSpec): string =>
  `[ "$(hostname)" = ${machine.name} ] || { echo "this machine is called $(hostname), not ${machine.name}" >&2; exit 1; }\n`;

const early =
  "preflight,control-plane/controller-manager,control-plane/scheduler,wait-control-plane,upload-config,upload-certs,mark-control-plane,bootstrap-token,kubelet-finalize,addon,show-join-command";
const late = "preflight,certs,kubeconfig,etcd,control-plane/apiserver,kubelet-start,wait-control-plane,upload-certs,show-join-command";

/**
 * Standard input: bundle of PKI, kubeadm's configuration (`/var/lib/berth/init.yaml`) and patches. kubeadm runs twice:
 * the controller manager and the scheduler end themselves when the API server is slow to come up, so they are started
 * when it is ready. Its phases may be repeated: the keys stay the same, so what exists is kept. The second run is repeated up to
 * three times, because kubeadm waits ten seconds for an answer and the API server of a slow host may need longer.
 * A run that was cut off is not taken up again: nobody knows what etcd and the API server were about to write.
 */
export const initScript = (spec: ClusterSpec): string => `${strict}${alone(minutes(spec, 15))}${unpackBundle}${masked}${untilOk(spec)}unpack
${startKeepalived(spec)}${admin}api_ready() { [ "$(timeout 60 kubectl get --raw /readyz 2>&1)" = ok ]; }
if [ -e ${state}/initialised ]; then
  until_ok ${minutes(spec, 5)} "the API server" api_ready
  echo "this control plane is initialised already"
  exit 0
fi
if [ -e ${state}/init-begun ]; then
  echo "an earlier init on this machine was cut off: the machine has to be made anew" >&2
  exit 1
fi
touch ${state}/init-begun
kubeadm_init() { timeout ${minutes(spec, 10)} kubeadm init --config ${state}/init.yaml "--skip-phases=$1" 2>&1 | mask; }
kubeadm_init ${early}
echo "waiting for the API server"
until_ok ${minutes(spec, 5)} "the API server" api_ready
for try in 1 2 3 4; do
  if kubeadm_init ${late}; then break; fi
  [ "$try" != 4 ] || exit 1
  echo "trying again when the API server is ready"
  until_ok ${minutes(spec, 5)} "the API server" api_ready
done
rm -f ${state}/init.yaml
touch ${state}/initialised
echo "control plane initialised"
`;

/** Standard input: the manifest. */
export const cniScript = (spec: ClusterSpec): string => `${strict}${admin}${again(spec)}mkdir -p ${state}
cat > ${state}/cni.json
again kubectl apply --validate=false -f ${state}/cni.json
`;

/**
 * Standard input: a bootstrap token Secret as a manifest. Runs on the control plane, for workers that init did not know
 * and for those that are recreated: their first token went when they were members.
 */
export const tokenScript = (spec: ClusterSpec): string => `${strict}${admin}${again(spec)}if [ ! -e ${state}/initialised ]; then
  echo "init makes this join token itself"
  exit 0
fi
umask 077
mkdir -p ${state}
file=$(mktemp ${state}/token.XXXXXX)
trap 'rm -f "$file"' EXIT
cat > "$file"
again kubectl apply --validate=false -f "$file" >/dev/null
echo "join token ready"
`;

/**
 * Standard input: bundle with kubeadm's configuration (`/var/lib/berth/join.yaml`). kubelet.conf
 * exists only once the node has its own certificate; what a shorter attempt left is cleared away first. kubeadm asks a
 * busy control plane only once for its configuration, for ten seconds: hence the further attempts. A machine that
 * has joined already only starts its kubelet again.
 */
export const joinScript = (spec: ClusterSpec): string => `${strict}${alone(minutes(spec, 15))}${unpackBundle}${masked}unpack
clear_away() { timeout 300 kubeadm reset --force >/dev/null 2>&1 || true; }
if [ -e /etc/kubernetes/kubelet.conf ]; then
  systemctl restart kubelet
  rm -f ${state}/join.yaml
  echo "this machine has joined already"
  exit 0
fi
if [ -e /etc/kubernetes/bootstrap-kubelet.conf ] || [ -e /var/lib/kubelet/config.yaml ]; then
  echo "clearing away an unfinished join"
  clear_away
fi
for try in 1 2 3 4 5; do
  timeout ${minutes(spec, 9)} kubeadm join --config ${state}/join.yaml --skip-phases=preflight 2>&1 | mask && break
  [ ! -e /etc/kubernetes/kubelet.conf ] || break
  [ "$try" -lt 5 ] || exit 1
  echo "joining again"
  clear_away
done
systemctl is-active --quiet kubelet || systemctl start kubelet
rm -f ${state}/join.yaml
echo "joined"
`;

/** Runs on the control plane. `tokenId` is the public half of the token. */
export const memberScript = (
  spec: ClusterSpec,
  worker: MachineSpec,
  tokenId: string,
): string => `${strict}${admin}${untilOk(spec)}${again(spec)}until_ok ${minutes(spec, 5)} "node ${worker.name}" timeout 60 kubectl get node ${worker.name}
${welcome(worker, tokenId)}`;

/** A Node that is new to the cluster is labelled, and the token that it joined with is worth nothing any more. */
export const welcome = ({ name }: MachineSpec, tokenId: string): string => `again kubectl label node ${name} ${workerLabel}= --overwrite
again kubectl -n kube-system delete secret bootstrap-token-${tokenId} --ignore-not-found
`;
export const workerLabel = "node-role.kubernetes.io/worker";

/**
 * Runs on the control plane before the worker's machine goes away. A node that does not answer has nothing to drain:
 * its pods are freed when its Node is deleted, which {@link removeNodeScript} does.
 */
export const leaveScript = (
  spec: ClusterSpec,
  worker: MachineSpec,
): string => `${strict}${admin}${again(spec)}${answering(worker)}node=${worker.name}
found=$(again kubectl get node $node --ignore-not-found -o name)
if [ -z "$found" ]; then
  echo "node $node is gone already"
  exit 0
fi
${uncordonUnlessLeft}again kubectl cordon $node
ready=$(again kubectl get node $node -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')
if [ "$ready" = True ] && answers; then
  timeout ${drainSeconds(spec) + minutes(spec, 1)} kubectl drain $node --ignore-daemonsets --delete-emptydir-data --force --timeout=${drainSeconds(spec)}s 2>&1 | tee ${state}/drain || { blocked; exit 1; }
else
  echo "node $node does not answer (Ready: $ready): removing it without draining"
fi
trap - EXIT
`;

/**
 * A drain that is given up, or cut off, leaves the node as it was found: one that still has its machine has to take pods.
 * `blocked` names the pods that were not let go, and the disruption budgets of their namespaces that allow no disruption.
 */
const uncordonUnlessLeft = `if [ "$(again kubectl get node $node -o 'jsonpath={.spec.unschedulable}')" != true ]; then
  trap 'timeout 60 kubectl uncordon $node >&2 || true' EXIT
fi
blocked() {
  sed -n 's/.*evicting pods\\/"\\([^"]*\\)" -n "\\([^"]*\\)".*disruption budget.*/\\2 \\1/p' ${state}/drain | sort -u | while read -r namespace pod; do
    budgets=$(timeout 60 kubectl -n "$namespace" get poddisruptionbudgets -o 'jsonpath={.items[?(@.status.disruptionsAllowed==0)].metadata.name}' | tr ' ' ,)
    echo "pod $namespace/$pod may not be evicted: disruption budget $namespace/$budgets allows no disruption now; $node takes pods again" >&2
  done || true
}
`;

/**
 * Runs on the control plane when the worker's place is taken away: it was drained, or its machine is being recreated.
 */
export const removeNodeScript = (
  spec: ClusterSpec,
  worker: MachineSpec,
): string => `${strict}${admin}${again(spec)}if [ ! -e ${state}/initialised ]; then
  echo "there is no cluster to remove node ${worker.name} from"
  exit 0
fi
again kubectl delete node ${worker.name} --ignore-not-found
`;

const taint = (spec: ClusterSpec, controlPlane: string): string => {
  const key = "node-role.kubernetes.io/control-plane";
  return workersOf(spec).length === 0
    ? `timeout 120 kubectl taint node ${controlPlane} ${key}:NoSchedule- >/dev/null 2>&1 || true`
    : `again kubectl taint node ${controlPlane} ${key}:NoSchedule --overwrite >/dev/null`;
};

/**
 * Says whether this is the cluster that was asked for: every node Ready, the API server reachable at its own address,
 * cluster DNS answering a pod. It also settles whether the control plane takes workloads, which follows from the
 * number of workers.
 */
export function smokeScript(spec: ClusterSpec): string {
  const nodes = nodesOf(spec).map((m) => m.name);
  return `${strict}${admin}${untilOkOfCheck(spec)}${again(spec)}${controlPlanesOf(spec)
    .map((m) => taint(spec, m.name))
    .join("\n")}
for node in ${nodes.join(" ")}; do
  until_ok ${minutes(spec, 5)} "node $node" timeout 60 kubectl get node $node
done
${usableScript(spec, nodes.map((n) => `node/${n}`).join(" "), smokePod(spec))}`;
}

/** These nodes are Ready, and cluster DNS answers a pod. `nodes`: words of the shell. Needs `until_ok` and `again`. */
export const usableScript = (
  spec: ClusterSpec,
  nodes: string,
  pod: object,
): string => `timeout ${minutes(spec, 6)} kubectl wait --for=condition=Ready --timeout=${minutes(spec, 5)}s ${nodes}
timeout ${minutes(spec, 6)} kubectl -n kube-system wait --for=condition=Available --timeout=${minutes(spec, 5)}s deployment/coredns
cat > ${state}/smoke.json <<'POD'
${JSON.stringify(pod)}
POD
again kubectl -n default delete pod berth-smoke --ignore-not-found --wait=true >/dev/null
again kubectl apply --validate=false -f ${state}/smoke.json >/dev/null
answered() { [ "$(timeout 60 kubectl -n default get pod berth-smoke -o 'jsonpath={.status.phase}')" = Succeeded ]; }
until_ok ${minutes(spec, 3)} "a pod to get an answer from cluster DNS" answered || { timeout 60 kubectl -n default logs berth-smoke || true; timeout 60 kubectl -n default describe pod berth-smoke || true; exit 1; }
timeout 60 kubectl -n default logs berth-smoke || true
again kubectl -n default delete pod berth-smoke --wait=false >/dev/null
again kubectl get nodes -o wide
`;

/** Where pools have taints, it runs on any node: every pool may have one. Elsewhere the text stays what it was. */
const smokePod = (spec: ClusterSpec) => podThatLooksUp(poolsOf(spec).some(({ taints }) => taints.length > 0));

export const podThatLooksUp = (anywhere: boolean) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "berth-smoke", namespace: "default" },
  spec: {
    restartPolicy: "OnFailure",
    terminationGracePeriodSeconds: 0,
    automountServiceAccountToken: false,
    containers: [
      { name: "lookup", image: probeImage, imagePullPolicy: "IfNotPresent", args: ["lookup", "kubernetes.default.svc.cluster.local"] },
    ],
    ...(anywhere ? { tolerations: [{ operator: "Exists" }] } : {}),
  },
});
