/**
 * The shell that runs when a machine is off for a while, because it gets a new size: what it runs moves away first, it
 * is shut down instead of being cut off, and it takes work again once it is back.
 */
import { type ClusterSpec, controlPlaneOf, type MachineSpec } from "#app/domain/cluster/spec.ts";
import { admin, again, answering, minutes, strict, untilOk, welcome, workerLabel } from "./scripts.ts";

/**
 * Runs on the control plane before the worker is switched off. It never stands in the way for good: what does not move in
 * time (a disruption budget, say) goes down with the machine and comes back with it, and so says the output.
 */
export const drainScript = (
  spec: ClusterSpec,
  worker: MachineSpec,
): string => `${strict}${admin}${again(spec)}${answering(worker)}node=${worker.name}
found=$(timeout ${minutes(spec, 1)} kubectl get node $node --ignore-not-found -o 'jsonpath={.metadata.name} {.status.conditions[?(@.type=="Ready")].status}') || { echo "the API server does not answer: $node is switched off without draining"; exit 0; }
case "$found" in
  "") echo "there is no node $node to drain"; exit 0;;
  "$node True") ;;
  *) echo "node $node is not Ready: there is nothing to drain"; exit 0;;
esac
answers || { echo "node $node does not answer: there is nothing to drain"; exit 0; }
again kubectl cordon $node
timeout ${minutes(spec, 3)} kubectl drain $node --ignore-daemonsets --delete-emptydir-data --force --timeout=${minutes(spec, 2)}s ||
  echo "not everything moved away from $node in time: the rest goes down with it"
`;

/**
 * Runs on the control plane once the worker is back. A node that takes pods was never drained: nothing is to do then. One
 * without its label is new to the cluster: its machine was made again, or somebody had deleted it.
 */
export const backScript = (
  spec: ClusterSpec,
  worker: MachineSpec,
  tokenId: string,
): string => `${strict}${admin}${untilOk(spec)}${again(spec)}node=${worker.name}
until_ok ${minutes(spec, 5)} "node $node" timeout 60 kubectl get node $node
seen=$(again kubectl get node $node -o 'jsonpath={.spec.unschedulable} {.metadata.labels}')
if ! grep -qF '"${workerLabel}"' <<< "$seen"; then
${welcome(worker, tokenId)}fi
case "$seen" in
  true*) ;;
  *) echo "node $node takes pods"; exit 0;;
esac
is_ready() { [ "$(timeout 60 kubectl get node $node -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')" = True ]; }
until_ok ${minutes(spec, 5)} "node $node to be Ready" is_ready
again kubectl uncordon $node
`;

/** The control plane after a restart: everything else on it needs its API server. */
export const answersScript = (
  spec: ClusterSpec,
): string => `${strict}${admin}${untilOk(spec)}api_ready() { [ "$(timeout 60 kubectl get --raw /readyz 2>&1)" = ok ]; }
until_ok ${minutes(spec, 8)} "the API server of ${controlPlaneOf(spec).name}" api_ready
echo "the API server answers"
`;

/**
 * Runs beside the engine, for a POSIX shell. A machine that is off or gone already is as it should be; one that is "in
 * shutdown" still has its name and its disk, and nobody could take its place yet. A libvirt that does not answer says
 * nothing about it: after this its machine would be cut off.
 */
export const shutdownScript = (
  { libvirtName }: MachineSpec,
  seconds: number,
  libvirtUri: string,
): string => `ask() { timeout 30 virsh -q -c '${libvirtUri}' "$@" 2>/dev/null; }
look() {
  state=$(ask domstate ${libvirtName}) && [ -n "$state" ] && return
  state=silent
  names=$(ask list --all --name) || return 0
  printf '%s\n' "$names" | grep -qxF ${libvirtName} || state=gone
}
look
case "$state" in
  running | "in shutdown" | silent) ;;
  gone) exit 0;;
  *) echo "${libvirtName} is $state already"; exit 0;;
esac
echo "${libvirtName} is asked to shut down"
end=$(( $(date +%s) + ${seconds} ))
while [ "$(date +%s)" -lt "$end" ]; do
  ask shutdown ${libvirtName} --mode acpi >/dev/null || true
  for second in 1 2 3 4 5; do
    sleep 1
    look
    case "$state" in
      running | "in shutdown" | silent) ;;
      *) echo "${libvirtName} is off"; exit 0;;
    esac
  done
done
[ "$state" != silent ] || { echo "libvirt does not answer: whether ${libvirtName} is off cannot be told" >&2; exit 1; }
echo "${libvirtName} has not shut down within ${seconds} s: it is switched off"
`;
