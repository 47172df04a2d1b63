/** Why a plan is refused, as one English sentence: for the API, the command line and the journal. */
import { isObstacle, type Obstacle, type Refusal } from "./plan.ts";

export const refusalSentence = (refusal: Refusal): string =>
  isObstacle(refusal) ? obstacleSentence(refusal) : `${refusal.code}: ${refusal.needed} ${refusal.unit} needed, ${refusal.available} ${refusal.unit} available`;

const sentences: Readonly<Record<Obstacle["code"], string>> = {
  "address-conflict": "the address range {{range}} is in use on the libvirt host: {{device}} has {{found}}",
  "bridge-taken": "the libvirt host has a network device {{bridge}} that is not the cluster's",
  "dns-port-taken": "the cluster's name service cannot listen at {{address}}: {{holder}} does",
  "port-taken": "port {{port}}, where a machine is to be published, is taken by {{holder}}",
  "foreign-machine": "libvirt has a machine {{name}} that is not the cluster's",
  "foreign-network": "libvirt has a network {{name}} that is not the cluster's",
  "foreign-pool": "libvirt has a storage pool {{name}} that is not the cluster's, in {{folder}}",
  "disk-full": "the disk that holds {{folder}} has {{free}} MiB left, and new machines need {{needed}} MiB at once",
  "inodes-used-up": "the disk that holds {{folder}} has room for {{free}} more files only",
  "ip-forwarding-off": "IP forwarding is switched off on the libvirt host (net.ipv4.ip_forward), so the machines on {{bridge}} cannot reach anything outside",
  "forwarding-dropped": "the host's firewall drops what the cluster's machines send out: the policy of the chain {{chain}} is drop, and libvirt's rules cannot override it; it has to accept what comes from {{bridge}}",
  "confinement-incomplete": "libvirt confines machines with AppArmor and cannot start one without what is missing: {{missing}}",
};

const obstacleSentence = ({ code, params }: Obstacle): string => sentences[code].replace(/\{\{(\w+)\}\}/g, (mark, name: string) => params[name] ?? mark);
