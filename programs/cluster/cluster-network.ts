import { networkOf } from "#app/domain/cluster/spec.ts";
import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import { clusterStepName } from "#app/domain/cluster/steps.ts";
import { renderNetworkTransform } from "#programs/render/domain-xml.ts";
import { type ClusterArgs, poolFolder } from "./args.ts";

/** The cluster's own NAT network and the storage pool of its disks. Addresses are static: there is no DHCP to set up. */
export class ClusterNetwork extends pulumi.ComponentResource {
  readonly networkId: pulumi.Output<string>;
  readonly poolName: pulumi.Output<string>;

  constructor(name: string, { spec, host }: ClusterArgs, opts: pulumi.ComponentResourceOptions) {
    super("berth:cluster:ClusterNetwork", name, {}, opts);
    const planned = networkOf(spec);
    const network = new libvirt.Network(
      clusterStepName(planned.key, "network"),
      {
        name: planned.name,
        mode: "nat",
        bridge: planned.bridge,
        addresses: [planned.cidr],
        autostart: true,
        dns: { enabled: true },
        xml: { xslt: renderNetworkTransform(spec) },
      },
      { parent: this },
    );
    const pool = new libvirt.Pool(
      clusterStepName(planned.key, "pool"),
      { name: spec.prefix, type: "dir", target: { path: poolFolder({ spec, host }) } },
      { parent: this },
    );
    this.networkId = network.id;
    this.poolName = pool.name;
    this.registerOutputs({ networkId: this.networkId, poolName: this.poolName });
  }
}
