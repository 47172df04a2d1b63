/**
 * The shell that saves the machines of a cluster and wakes them. Saving and waking run beside the engine, for a POSIX shell;
 * each may be cut off anywhere and run again.
 */
import { ownerNamespace } from "#app/domain/cluster/ownership.ts";
import { type ClusterSpec, controlPlaneOf, type MachineSpec } from "#app/domain/cluster/spec.ts";
import { admin, again, minutes, podThatLooksUp, rightMachine, strict, untilOk, usableScript } from "./scripts.ts";

/** Time for the memory of one machine to be written or read, as large as it may be. */
const memorySeconds = 1_800;

/**
 * `state_of` says `gone` of a machine that libvirt does not have, and ends with an error when libvirt does not answer. The machines
 * are those that the cluster has at that moment: a plan that wakes it may add and remove some afterwards.
 */
const libvirt = ({ prefix, clusterId }: ClusterSpec, libvirtUri: string): string => `LC_ALL=C
export LC_ALL
ask() { timeout 60 virsh -q -c '${libvirtUri}' "$@"; }
move() { timeout ${memorySeconds} virsh -q -c '${libvirtUri}' "$@" </dev/null; }
state_of() {
  ask domstate "$1" 2>/dev/null && return
  names=$(ask list --all --name) || { echo "libvirt does not answer" >&2; return 1; }
  printf '%s\n' "$names" | grep -qxF "$1" || echo gone
}
has_image() { ask list --all --name --with-managed-save | grep -qxF "$1"; }
names=$(ask list --all --name) || { echo "libvirt does not answer" >&2; exit 1; }
machines=
for machine in $(printf '%s\n' "$names" | grep '^${prefix}-' | sort); do
  case "$(ask metadata $machine ${ownerNamespace} 2>/dev/null)" in
    "" | *${clusterId}*) machines="$machines $machine";;
  esac
done
`;

/**
 * All machines are paused before the memory of the first is written, so that nodes and etcd members agree about what has happened.
 * They were running and are to run again, so libvirt is told that they ran. A save that fails, or is cancelled, leaves the
 * machines running. libvirt does not start them with the host any more.
 */
export const saveScript = (spec: ClusterSpec, libvirtUri: string): string => `${libvirt(spec, libvirtUri)}run_on() {
  status=$?
  trap - EXIT
  trap '' TERM INT
  [ "$status" = 0 ] && exit 0
  echo "not saved: the machines run on" >&2
  for machine in $machines; do ask domjobabort $machine >/dev/null 2>&1; done
  for machine in $machines; do
    case "$(state_of $machine)" in
      paused) ask resume $machine >/dev/null;;
      "shut off") if has_image $machine; then move start $machine >/dev/null; fi;;
    esac
    ask autostart $machine >/dev/null 2>&1
  done
  exit "$status"
}
trap run_on EXIT
trap 'exit 143' TERM INT
for machine in $machines; do
  state=$(state_of $machine) || exit 1
  case "$state" in
    running | idle) ask suspend $machine >/dev/null || exit 1;;
    paused | "shut off") ;;
    *) echo "$machine cannot be saved: it is $state" >&2; exit 1;;
  esac
done
for machine in $machines; do
  ask autostart --disable $machine >/dev/null || exit 1
  state=$(state_of $machine) || exit 1
  if [ "$state" = paused ]; then
    move managedsave $machine --running >/dev/null & wait $! || exit 1
    echo "$machine is saved"
  elif has_image $machine; then
    echo "$machine is saved already"
  else
    echo "$machine is off: there is no memory to save, and it boots when the cluster is woken"
  fi
done
total=0
for machine in $machines; do
  kib=$(ask dominfo $machine | sed -n 's/^Max memory: *\\([0-9]*\\) KiB.*/\\1/p')
  total=$((total + \${kib:-0} / 1024))
done
echo "$total MiB of memory are returned to the host"
`;

/** What libvirt and QEMU say when it is not the saved memory that keeps a machine from starting. */
const unrelated = [
  "annot allocate memory",
  "annot set up guest memory",
  "is not active",
  "etwork not found",
  "o such file",
  "ermission denied",
  "ailed to connect",
  " lock",
];

/**
 * The machines are restored paused and then run on together. Memory that cannot be restored (QEMU or the definition is another
 * one) is discarded, and the machine boots from its disk, which is whole. What keeps a machine from starting whatever its memory
 * is (a network that is off, a host without memory) discards nothing.
 */
export const wakeScript = (spec: ClusterSpec, libvirtUri: string): string => `${libvirt(spec, libvirtUri)}start_one() {
  if has_image $1 && ! ask managedsave-dumpxml $1 >/dev/null 2>&1; then
    echo "the saved memory of $1 is not whole and is discarded: the machine boots from its disk, which is whole"
  fi
  said=$(move start $1 --paused 2>&1) && return
  case "$(state_of $1)" in running | idle | paused) return;; esac
  has_image $1 || { echo "$said" >&2; return 1; }
  if [ -z "$said" ] || printf '%s\n' "$said" | grep -qE '${unrelated.join("|")}'; then
    echo "$said" >&2
    return 1
  fi
  echo "the saved memory of $1 cannot be restored and is discarded: $said"
  ask managedsave-remove $1 >/dev/null || return 1
  echo "$1 boots from its disk, which is whole"
  move start $1 --paused >/dev/null
}
for network in ${spec.networks.map((n) => n.name).join(" ")}; do
  ask net-list --name | grep -qxF $network || ask net-start $network >/dev/null || exit 1
done
for machine in $machines; do
  state=$(state_of $machine) || exit 1
  case "$state" in
    running | idle | paused) ;;
    "shut off" | crashed) start_one $machine || { echo "$machine is not woken" >&2; exit 1; };;
    *) echo "$machine cannot be woken: it is $state" >&2; exit 1;;
  esac
done
for machine in $machines; do
  state=$(state_of $machine) || exit 1
  if [ "$state" = paused ]; then ask resume $machine >/dev/null || exit 1; fi
  ask autostart $machine >/dev/null || exit 1
  echo "$machine runs"
done
`;

/** Runs on the machine: its clock stood still while it was saved. Images without the program set it at their next boot. */
export const clockScript = (machine: MachineSpec): string =>
  `${strict}${rightMachine(machine)}if command -v berth-clock >/dev/null; then berth-clock; fi
echo "the clock is set: $(date -u)"
`;

/**
 * Runs on the control plane once all clocks are set: the API answers, every node has renewed its lease since then, and the
 * cluster passes the check that it passed when it was created.
 */
export const awakeScript = (
  spec: ClusterSpec,
): string => `${strict}${admin}${untilOk(spec)}${again(spec)}api_ready() { [ "$(timeout 60 kubectl get --raw /readyz 2>&1)" = ok ]; }
begun=$(date +%s)
until_ok ${minutes(spec, 8)} "the API server of ${controlPlaneOf(spec).name}" api_ready
echo "the API server answers"
renewed() {
  time=$(timeout 60 kubectl -n kube-node-lease get lease "$1" -o 'jsonpath={.spec.renewTime}') && [ "$(date -d "$time" +%s)" -ge "$begun" ]
}
nodes=$(again kubectl get nodes -o name)
for node in $nodes; do
  until_ok ${minutes(spec, 5)} "a sign of life from $node" renewed "\${node#node/}"
done
echo "every node has reported"
${usableScript(spec, "$nodes", podThatLooksUp(true))}`;
