/**
 * keepalived on the control planes of a cluster with a virtual endpoint: one of those whose API server answers holds the
 * address. Its messages go from control plane to control plane by unicast, so nothing depends on multicast in the network.
 */
import { machineAddress } from "#app/domain/network/addresses.ts";
import { range } from "#app/domain/cluster/range.ts";
import { limits } from "#app/domain/cluster/sizes.ts";
import { slotOf } from "#app/domain/cluster/new-machine.ts";
import { addressOf, type ClusterSpec, endpointOf, hasVirtualEndpoint, type MachineSpec, networkOf } from "#app/domain/cluster/spec.ts";
import type { BundledFile } from "./bundle.ts";
import { settingsOf } from "./profile.ts";

/** Any number will do: nobody else speaks VRRP in the cluster's own network. */
const routerId = 51;
const highestPriority = 150;

/** Nothing for a cluster whose endpoint is a machine's own address. */
export const keepalivedFiles = (spec: ClusterSpec, machine: MachineSpec): readonly BundledFile[] =>
  hasVirtualEndpoint(spec) ? [{ path: "/etc/keepalived/keepalived.conf", mode: "0644", text: renderKeepalived(spec, machine) }] : [];

/**
 * Every address that a control plane of this cluster may ever have is a peer, whether there is one now or not. So the file
 * stays as it is when control planes are added, and a machine that is down does not stand in the way of that.
 *
 * No password: whoever can send in this network can take any address of it without asking keepalived.
 */
export function renderKeepalived(spec: ClusterSpec, machine: MachineSpec): string {
  const { patience, endpointCheckSeconds } = settingsOf(spec);
  const { address, port } = endpointOf(spec);
  const { cidr } = networkOf(spec);
  const own = addressOf(machine);
  const peers = range(0, limits.controlPlanes.max)
    .map((slot) => machineAddress(cidr, "control-plane", slot))
    .filter((peer) => peer !== own);
  return `global_defs {
    router_id ${machine.name}
    script_user root
    enable_script_security
}

vrrp_script api_server {
    script "/usr/bin/curl --silent --fail --insecure --output /dev/null --max-time ${5 * patience} https://127.0.0.1:${port}/readyz"
    interval ${endpointCheckSeconds}
    timeout ${6 * patience}
    fall 2
    rise 2
    init_fail
}

vrrp_instance kubernetes {
    state BACKUP
    nopreempt
    interface eth0
    virtual_router_id ${routerId}
    priority ${highestPriority - 10 * slotOf(cidr, machine)}
    advert_int ${patience}
    unicast_src_ip ${own}
    unicast_peer {
${peers.map((peer) => `        ${peer}`).join("\n")}
    }
    virtual_ipaddress {
        ${address}/32 dev eth0
    }
    track_script {
        api_server
    }
}
`;
}

/** Nothing for a cluster whose endpoint is a machine's own address. It holds no address before the API server answers. */
export const startKeepalived = (spec: ClusterSpec): string =>
  hasVirtualEndpoint(spec)
    ? `command -v keepalived >/dev/null || { echo "this machine's image has no keepalived: create the cluster from a newer image" >&2; exit 1; }
systemctl enable --quiet keepalived
systemctl restart keepalived
`
    : "";
