/** The shell that takes a control plane's etcd member out of the cluster. */
import { addressOf, type ClusterSpec, type MachineSpec } from "#app/domain/cluster/spec.ts";
import { minutes } from "./scripts.ts";

export const etcdPort = 2379;
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
  member=$(sed -n 's#^\\([0-9a-f]*\\), [^,]*, [^,]*, https://${addressOf(machine).replaceAll(".", "\\.")}:2380, .*#\\1#p' <<< "$members")
  if [ -z "$member" ]; then return 0; fi
  etcd_at "$1" member remove "$member"
}
`;
