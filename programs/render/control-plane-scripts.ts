/**
 * The shell with which further control planes join the first one, leave, and come back. Every control plane has the
 * cluster's authorities from Berth, so none uploads its keys for another.
 */
import { addressOf, type ClusterSpec, controlPlanesOf, type MachineSpec } from "#app/domain/cluster/spec.ts";
import { unpackBundle } from "./bundle.ts";
import { dropMember, etcdClientCertificate, etcdConfigFile, etcdManifest, etcdPort, joinEtcd, othersThan } from "./etcd-scripts.ts";
import { startKeepalived } from "./keepalived.ts";
import { apiPort } from "./kubeadm.ts";
import { settingsOf } from "./profile.ts";
import { admin, again, alone, masked, minutes, rightMachine, state, strict, untilOk } from "./scripts.ts";

/** `own_api_ready`: the API server of this machine, not that of whoever holds the endpoint. */
const ownApi = (
  machine: MachineSpec,
): string => `own_api_ready() { [ "$(timeout 60 kubectl --server=https://${addressOf(machine)}:${apiPort} get --raw /readyz 2>&1)" = ok ]; }
`;

/**
 * Standard input: a bootstrap token Secret as a manifest. Runs on another control plane. A node that is a member already
 * needs no token.
 */
export const controlPlaneTokenScript = (
  spec: ClusterSpec,
  { name }: MachineSpec,
): string => `${strict}${admin}${untilOk(spec)}${again(spec)}umask 077
mkdir -p ${state}
file=$(mktemp ${state}/token.XXXXXX)
trap 'rm -f "$file"' EXIT
cat > "$file"
api_ready() { [ "$(timeout 60 kubectl get --raw /readyz 2>&1)" = ok ]; }
until_ok ${minutes(spec, 5)} "the API server" api_ready
found=$(again kubectl get node ${name} --ignore-not-found -o name)
if [ -n "$found" ]; then
  echo "${name} is a member already"
  exit 0
fi
again kubectl apply --validate=false -f "$file" >/dev/null
echo "join token ready"
`;

/** Where the manifests of Kubernetes' own components wait for etcd. */
const held = `${state}/held-manifests`;
const manifests = "/etc/kubernetes/manifests";

/** Every phase of `kubeadm join` besides those named, in the words of its `--skip-phases`. */
const skipping = (...wanted: readonly string[]): string => joinPhases.filter((phase) => !wanted.includes(phase)).join(",");
const joinPhases = [
  "preflight",
  "control-plane-prepare",
  "check-etcd",
  "kubelet-start",
  "etcd-join",
  "kubelet-wait-bootstrap",
  "control-plane-join",
  "wait-control-plane",
];

/**
 * Standard input: bundle of PKI, kubeadm's configuration (`/var/lib/berth/join.yaml`), that of etcd, patches and keepalived's
 * configuration. `tokenId` is the public half of the token.
 *
 * kubeadm runs its phases in parts. The API server and what asks it are started when etcd has its new member: before, they would
 * only end themselves again and again, and take the processor from the etcd that they wait for. Each part may be run twice, and
 * one that failed is tried a second time first: what was slow to answer may answer now. Then, and after a run that was cut off,
 * everything that it left is cleared away, in this order: the etcd member, the Node, the machine's files. The bundle is kept
 * meanwhile, because `kubeadm reset` removes the keys.
 */
export const joinControlPlaneScript = (
  spec: ClusterSpec,
  machine: MachineSpec,
  tokenId: string,
): string => `${strict}${alone(minutes(spec, 15))}${unpackBundle}${masked}${admin}${untilOk(spec)}${dropMember(spec, machine)}${joinEtcd(spec, machine)}${ownApi(machine)}${rightMachine(machine)}bundle=${state}/join.bundle
if [ -e ${state}/initialised ]; then
  cat >/dev/null
  rm -f "$bundle" ${state}/join.yaml
  echo "this machine is a control plane already"
  exit 0
fi
( umask 077; cat > "$bundle" )
forget_member() {
  [ -e ${etcdClientCertificate} ] || return 0
  for try in 1 2 3 4 5; do
    for peer in ${othersThan(spec, machine).join(" ")}; do
      if drop_member "$peer"; then return 0; fi
    done
    sleep ${settingsOf(spec).pauseSeconds}
  done
  echo "no etcd of another control plane answers: the member of ${machine.name} is not taken out" >&2
  return 1
}
clear_away() {
  forget_member
  [ ! -e /etc/kubernetes/admin.conf ] || timeout ${minutes(spec, 1)} kubectl delete node ${machine.name} --ignore-not-found || true
  timeout 300 kubeadm reset --force --skip-phases=remove-etcd-member >/dev/null 2>&1 || true
  rm -rf /var/lib/etcd ${held}
}
kubeadm_join() { timeout "$1" kubeadm join --config ${state}/join.yaml "--skip-phases=$2" 2>&1 | mask; }
prepare() {
  [ ! -e ${etcdManifest} ] || return 0
  kubeadm_join ${minutes(spec, 4)} ${skipping("control-plane-prepare")} || return 1
  mkdir -p ${held}
  for manifest in ${manifests}/kube-*.yaml; do
    [ ! -e "$manifest" ] || mv "$manifest" ${held}/
  done
  kubeadm_join ${minutes(spec, 6)} ${skipping("kubelet-start")}
}
start_api_server() {
  [ ! -e ${held}/kube-apiserver.yaml ] || mv ${held}/kube-apiserver.yaml ${manifests}/
  until_ok ${minutes(spec, 8)} "the API server of ${machine.name}" own_api_ready
}
complete() {
  for manifest in ${held}/*.yaml; do
    [ ! -e "$manifest" ] || mv "$manifest" ${manifests}/
  done
  kubeadm_join ${minutes(spec, 6)} ${skipping("kubelet-wait-bootstrap", "control-plane-join", "wait-control-plane")}
}
twice() { "$1" || { echo "trying again: $1"; "$1"; }; }
join_all() { prepare && twice join_etcd && start_api_server && twice complete; }
if [ -e ${state}/join-begun ]; then
  echo "clearing away an unfinished join"
  clear_away
fi
unpack < "$bundle"
${startKeepalived(spec)}touch ${state}/join-begun
for try in 1 2 3; do
  join_all && break
  [ "$try" -lt 3 ] || exit 1
  echo "joining again"
  clear_away
  unpack < "$bundle"
done
systemctl is-active --quiet kubelet || systemctl start kubelet
timeout ${minutes(spec, 1)} kubectl -n kube-system delete secret bootstrap-token-${tokenId} --ignore-not-found || true
touch ${state}/initialised
rm -rf ${held} ${state}/join-begun ${state}/join.yaml ${etcdConfigFile}* "$bundle"
echo "joined"
`;

/**
 * Runs on another control plane when this one's place is taken away: its machine is about to go, or is new and empty. First
 * its etcd member, so that the others do not count on it.
 */
export const removeControlPlaneScript = (
  spec: ClusterSpec,
  machine: MachineSpec,
): string => `${strict}${admin}${again(spec)}${dropMember(spec, machine)}if [ ! -e ${state}/initialised ]; then
  echo "there is no cluster to remove control plane ${machine.name} from"
  exit 0
fi
for try in 1 2 3 4 5; do
  if drop_member 127.0.0.1; then break; fi
  [ "$try" -lt 5 ] || { echo "etcd does not take the member of ${machine.name} out" >&2; exit 1; }
  echo "trying again" >&2
  sleep ${settingsOf(spec).pauseSeconds}
done
again kubectl delete node ${machine.name} --ignore-not-found
`;

/**
 * Runs on the control plane itself once its machine is back. The next one is restarted only after this one's API server
 * answers, which it does when its etcd agrees with the others. Where too few of them are there for that, because all
 * machines are started one after the other, there is nothing to wait for yet.
 */
export const controlPlaneBackScript = (
  spec: ClusterSpec,
  machine: MachineSpec,
): string => `${strict}${admin}${untilOk(spec)}${ownApi(machine)}if [ ! -e ${state}/initialised ]; then
  echo "${machine.name} is not a control plane yet"
  exit 0
fi
there=1
for peer in${othersThan(spec, machine)
  .map((peer) => ` ${peer}`)
  .join("")}; do
  if timeout 10 bash -c "</dev/tcp/$peer/${etcdPort}" 2>/dev/null; then there=$((there + 1)); fi
done
if [ $((there * 2)) -le ${controlPlanesOf(spec).length} ]; then
  echo "only $there of ${controlPlanesOf(spec).length} control planes are there: the others come next"
  exit 0
fi
until_ok ${minutes(spec, 8)} "the API server of ${machine.name}" own_api_ready
echo "the API server of ${machine.name} answers"
`;
