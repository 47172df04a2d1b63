/**
 * The NoCloud seed of a machine: who it is, its static address, its pinned SSH host key, who may enter. Documents are
 * JSON, which is YAML: nothing has to be quoted by hand.
 */
import { addressOf, type ClusterSpec, interfaceOf, type MachineSpec, networkOf } from "#app/domain/cluster/spec.ts";

export const seedDocuments = ["user-data", "meta-data", "network-config"] as const;
export type SeedDocuments = Readonly<Record<(typeof seedDocuments)[number], string>>;

/** `hostKey`: the machine's private SSH host key, OpenSSH PEM. The result is as secret as that key. */
export function renderSeed(spec: ClusterSpec, machine: MachineSpec, hostKey: string): SeedDocuments {
  return {
    "user-data": `#cloud-config\n${json(userData(spec, machine, hostKey))}`,
    "meta-data": json({ "instance-id": machine.libvirtName, "local-hostname": machine.name }),
    "network-config": json(networkConfig(spec, machine)),
  };
}

const userData = (spec: ClusterSpec, machine: MachineSpec, hostKey: string) => ({
  hostname: machine.name,
  manage_etc_hosts: true,
  disable_root: false,
  ssh_pwauth: false,
  users: [{ name: "root", lock_passwd: true, ssh_authorized_keys: [spec.portalKey, ...spec.authorizedKeys] }],
  ssh_deletekeys: true,
  ssh_genkeytypes: [],
  ssh_keys: { ed25519_private: hostKey, ed25519_public: machine.sshHostKey },
});

// Without a default route and a name server CoreDNS would have nowhere to forward to.
const networkConfig = (spec: ClusterSpec, machine: MachineSpec) => ({
  version: 2,
  ethernets: {
    eth0: {
      match: { macaddress: interfaceOf(machine).mac },
      "set-name": "eth0",
      dhcp4: false,
      dhcp6: false,
      "link-local": [],
      addresses: [`${addressOf(machine)}/${networkOf(spec).cidr.split("/")[1] ?? "24"}`],
      routes: [{ to: "default", via: networkOf(spec).gateway }],
      nameservers: { addresses: [networkOf(spec).gateway] },
    },
  },
});

/**
 * What YAML does not take in a text and JSON does not escape: DEL and C1 codes, a byte order mark, noncharacters. Half of a
 * surrogate pair has no escape in YAML at all. One such character and the machine could not read who it is.
 */
const notYaml = /[\u007f-\u0084\u0086-\u009f\ufeff\ufffe\uffff]/g;
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
const whole = (_: string, value: unknown): unknown => (typeof value === "string" ? value.toWellFormed() : value);

const json = (value: unknown): string => `${JSON.stringify(value, whole, 2).replace(notYaml, escaped)}\n`;
