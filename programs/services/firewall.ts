/** Who may reach which port of a service machine, as rules of nftables. Whoever is added to the cluster changes the text. */
import { addressOf, type ClusterSpec, controlPlanesOf, type MachineSpec, nodesOf } from "#app/domain/cluster/spec.ts";
import type { ServiceClients, ServicePort } from "#app/domain/services/service.ts";
import type { BundledFile } from "#programs/render/bundle.ts";

export const firewallUnit = "berth-firewall.service";
const rulesPath = "/etc/berth/firewall.nft";

const clientsOf: Readonly<Record<ServiceClients, (spec: ClusterSpec) => readonly MachineSpec[]>> = {
  "control-planes": controlPlanesOf,
  nodes: nodesOf,
  machines: ({ machines }) => machines,
};

const acceptRule = (spec: ClusterSpec, { protocol, port, from }: ServicePort): string =>
  `    ip saddr { ${clientsOf[from](spec).map(addressOf).join(", ")} } ${protocol} dport ${port} accept\n`;

/** The first line makes the table where there is none, so that the second can take it away: the whole is loaded at once. */
const rules = (spec: ClusterSpec, ports: readonly ServicePort[]): string => `table inet berth
delete table inet berth
table inet berth {
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    iifname "lo" accept
    ip protocol icmp accept
    tcp dport 22 accept
${ports.map((port) => acceptRule(spec, port)).join("")}  }
}
`;

/** As Debian's own nftables.service: before there is a network. */
const unit = `[Unit]
Description=Who may reach the service of this machine
Wants=network-pre.target
Before=network-pre.target shutdown.target
Conflicts=shutdown.target
DefaultDependencies=no

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f ${rulesPath}
ExecReload=/usr/sbin/nft -f ${rulesPath}

[Install]
WantedBy=sysinit.target
`;

/** None for a service without ports. */
export const firewallFiles = (spec: ClusterSpec, ports: readonly ServicePort[]): readonly BundledFile[] =>
  ports.length === 0
    ? []
    : [
        { path: rulesPath, mode: "0644", text: rules(spec, ports) },
        { path: `/etc/systemd/system/${firewallUnit}`, mode: "0644", text: unit },
      ];
