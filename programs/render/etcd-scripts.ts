/** The shell that makes a control plane's etcd a member of the others', and takes it out again. */
import { addressOf, type ClusterSpec, controlPlanesOf, type MachineSpec } from "#app/domain/cluster/spec.ts";
import { initialClusterPlace } from "./kubeadm.ts";
import { minutes, state } from "./scripts.ts";

export const etcdPort = 2379;
/** Configuration for kubeadm, with a place where the members go. */
export const etcdConfigFile = `${state}/etcd-join.yaml`;
export const etcdManifest = "/etc/kubernetes/manifests/etcd.yaml";
const certificates = "/etc/kubernetes/pki/etcd";
/** kubeadm makes it before it adds a member, so where it is absent none was added. */
export const etcdClientCertificate = `${certificates}/healthcheck-client.crt`;

/**
 * `drop_member ADDRESS` asks the etcd at that address to take the machine's member out; it succeeds when there is none. A
 * member that never started has no name yet, so it is found by its peer address.
 */
export const dropMember = (spec: ClusterSpec, machine: MachineSpec): string => `etcd_at() {
  peer=$1; shift
  timeout ${minutes(spec, 1)} etcdctl --endpoints="https://$peer:${etcdPort}" --cacert=${certificates}/ca.crt --cert=${etcdClientCertificate} --key=${certificates}/healthcheck-client.key --dial-timeout=30s --command-timeout=45s "$@"
}
drop_member() {
  members=$(etcd_at "$1" member list) || return 1
  member=$(sed -n 's#^\\([0-9a-f]*\\), [^,]*, [^,]*, ${peerPattern(machine)}, .*#\\1#p' <<< "$members")
  if [ -z "$member" ]; then return 0; fi
  etcd_at "$1" member remove "$member"
}
`;

const peerPattern = (machine: MachineSpec): string => `https://${addressOf(machine).replaceAll(".", "\\.")}:2380`;

export const othersThan = (spec: ClusterSpec, machine: MachineSpec): readonly string[] =>
  controlPlanesOf(spec)
    .filter((m) => m.name !== machine.name)
    .map(addressOf);

/**
 * `join_etcd`: the machine's etcd becomes a voting member. Needs {@link dropMember} and `until_ok`.
 *
 * kubeadm's own phase gives etcd two seconds for every call, whatever its configuration says. On a busy or emulated host adding
 * and promoting a member takes longer; etcd then has done what kubeadm believes undone, and its phase never ends. So the calls
 * are made here, each decided by what the members' list says, and kubeadm only writes the manifest.
 */
export const joinEtcd = (spec: ClusterSpec, machine: MachineSpec): string => `etcd_of_others() {
  for other in ${othersThan(spec, machine).join(" ")}; do
    if timeout 10 bash -c "</dev/tcp/$other/${etcdPort}" 2>/dev/null && etcd_at "$other" "$@"; then return 0; fi
  done
  echo "no etcd of another control plane does: etcdctl $*" >&2
  return 1
}
own_member() {
  list=$(etcd_of_others member list) || return 1
  grep ', ${peerPattern(machine)}, ' <<< "$list"
}
member_added() {
  own_member && return 0
  etcd_of_others member add ${machine.name} --learner --peer-urls=https://${addressOf(machine)}:2380 || true
  own_member
}
member_started() { own_member | grep ', started, '; }
member_votes() {
  own=$(own_member) || return 1
  case "$own" in *", false") return 0 ;; esac
  etcd_of_others member promote "\${own%%,*}" || true
  own_member | grep ', false$'
}
write_etcd_manifest() {
  list=$(etcd_of_others member list) || return 1
  members=$(awk -F', ' '{ print ($4 == "https://${addressOf(machine)}:2380" ? "${machine.name}" : $3 == "" ? $1 : $3) "=" $4 }' <<< "$list" | paste -sd,)
  sed "s#${initialClusterPlace}#$members#" ${etcdConfigFile} > ${etcdConfigFile}.whole
  timeout ${minutes(spec, 2)} kubeadm init phase etcd local --config ${etcdConfigFile}.whole
}
join_etcd() {
  until_ok ${minutes(spec, 3)} "the other control planes to add the etcd member of ${machine.name}" member_added || return 1
  [ -e ${etcdManifest} ] || write_etcd_manifest || return 1
  until_ok ${minutes(spec, 5)} "the etcd of ${machine.name} to start" member_started || return 1
  until_ok ${minutes(spec, 5)} "the etcd of ${machine.name} to vote" member_votes || return 1
  echo "the etcd of ${machine.name} is a voting member"
}
`;
