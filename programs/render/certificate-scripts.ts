/** The shell that gives a control plane new certificates. */
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import { admin, alone, minutes, state, strict, untilOk } from "./scripts.ts";

/** Label of the static pods: the kubelet restarts a pod when its manifest changes. */
const label = "berth-certificates";

/** Runs on a further control plane: one that has just joined has new certificates, and is not restarted for others. */
export const renewFurtherScript = (spec: ClusterSpec): string => `if [ -n "$(find ${state}/initialised -mmin -60 2>/dev/null)" ]; then
  echo "this control plane has just joined: its certificates are new"
  exit 0
fi
${renewScript(spec)}`;

/**
 * Runs on the control plane. kubeadm signs with the authorities that lie there; the keys and files of before are replaced.
 * Components read their certificates when they start, so each static pod is restarted: etcd and the API server first, the
 * others when it answers again. A run that was cut off begins from the start, which does no harm.
 */
export const renewScript = (
  spec: ClusterSpec,
): string => `${strict}${alone(minutes(spec, 15))}${admin}${untilOk(spec)}manifests=/etc/kubernetes/manifests
stamp=$(date +%s)
timeout ${minutes(spec, 5)} kubeadm certs renew all
restart() {
  for name in "$@"; do
    part=$(mktemp "\${manifests%/*}/$name.XXXXXX")
    sed -E -e '/^    ${label}:/d' -e "s/^  labels:$/&\\n    ${label}: \\"$stamp\\"/" "$manifests/$name.yaml" > "$part"
    grep -q "^    ${label}: " "$part" || { echo "the manifest of $name has no labels: it cannot be restarted" >&2; rm -f "$part"; return 1; }
    mv "$part" "$manifests/$name.yaml"
  done
}
ready_again() {
  pods=$(timeout 60 kubectl -n kube-system get pods -l ${label}=$stamp -o 'jsonpath={range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}') || return 1
  [ "$(grep -c True <<< "$pods")" = "$1" ]
}
restart etcd kube-apiserver
until_ok ${minutes(spec, 8)} "etcd and the API server to be ready with their new certificates" ready_again 2
restart kube-controller-manager kube-scheduler
until_ok ${minutes(spec, 5)} "the controller manager and the scheduler to be ready with their new certificates" ready_again 4
timeout ${minutes(spec, 1)} kubeadm certs check-expiration || true
echo "certificates renewed"
`;
