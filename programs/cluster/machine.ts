import type * as command from "@pulumi/command";
import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import { interfaceOf, isSaved, type MachineSpec, rootDiskOf } from "#app/domain/cluster/spec.ts";
import { machineStepName } from "#app/domain/cluster/steps.ts";
import { renderDomainTransform } from "#programs/render/domain-xml.ts";
import { settingsOf } from "#programs/render/profile.ts";
import { seedFile } from "#programs/seed.ts";
import { type ClusterArgs, imageFolderOf, poolFolder } from "./args.ts";
import type { ClusterNetwork } from "./cluster-network.ts";
import { remoteCommand } from "./remote.ts";
import { shutdownOf } from "./resize-pause.ts";

const bytesPerGib = 1024 ** 3;
/** What saving changes of a machine. The provider would start it. */
const savedProperties = ["running", "autostart"];

/**
 * One libvirt machine that answers over SSH: a disk over the image, the seed disk that gives it its identity, the
 * machine, and the wait until it is ready. A new size replaces the machine only; its disk and identity stay.
 */
export class Machine extends pulumi.ComponentResource {
  readonly spec: MachineSpec;
  /** What goes away when the machine does: commands on it need not be undone then. */
  readonly domain: libvirt.Domain;
  readonly disk: libvirt.Volume;
  readonly off: command.local.Command;
  readonly ready: command.remote.Command;

  /** `after`: what has to be done before the libvirt machine is made, or made again. */
  constructor(
    spec: MachineSpec,
    cluster: ClusterArgs,
    network: ClusterNetwork,
    after: readonly pulumi.Resource[],
    opts: pulumi.ComponentResourceOptions,
  ) {
    super("berth:cluster:Machine", spec.name, {}, opts);
    this.spec = spec;
    this.disk = this.overlay(cluster, network);
    const seed = this.seed(cluster, network);
    this.domain = this.boot(cluster, network, [this.disk, seed], after);
    this.off = shutdownOf(cluster, spec, { domain: this.domain, disk: this.disk, parent: this });
    this.ready = remoteCommand(
      machineStepName(spec.name, "ready"),
      cluster,
      { on: spec, create: cluster.distribution.ready(cluster.spec, spec), triggers: [this.domain.id], patient: true },
      { parent: this, dependsOn: this.domain, deletedWith: this.domain, ignoreChanges: ["create"] },
    );
    this.registerOutputs({ ready: this.ready.id });
  }

  // The disk stays bound to the image it was made from, wherever that image lies today.
  private overlay({ host }: ClusterArgs, network: ClusterNetwork): libvirt.Volume {
    const { gib } = rootDiskOf(this.spec);
    return new libvirt.Volume(
      machineStepName(this.spec.name, "disk"),
      {
        name: `${this.spec.libvirtName}.qcow2`,
        pool: network.poolName,
        baseVolumeId: `${imageFolderOf(host, this.spec)}/root.qcow2`,
        format: "qcow2",
        ...(gib === null ? {} : { size: gib * bytesPerGib }),
      },
      { parent: this, ignoreChanges: ["baseVolumeId"], deleteBeforeReplace: true },
    );
  }

  // Read by the machine's first boot only, so a later way of writing seeds must not replace a living machine's. libvirt
  // takes the disk for raw at first and recognises an ISO later.
  private seed({ seedFolder }: ClusterArgs, network: ClusterNetwork): libvirt.Volume {
    return new libvirt.Volume(
      machineStepName(this.spec.name, "seed"),
      { name: `${this.spec.libvirtName}-seed.iso`, pool: network.poolName, format: "raw", source: seedFile(seedFolder, this.spec) },
      { parent: this, ignoreChanges: ["source", "format"], deleteBeforeReplace: true },
    );
  }

  private boot(
    cluster: ClusterArgs,
    network: ClusterNetwork,
    disks: readonly libvirt.Volume[],
    after: readonly pulumi.Resource[],
  ): libvirt.Domain {
    const { spec, host } = cluster;
    const { libvirtName, vcpus, memoryMiB, name } = this.spec;
    const { mac } = interfaceOf(this.spec);
    const { domainType, cpuMode } = settingsOf(spec);
    const imageFolder = imageFolderOf(host, this.spec);
    const xslt = renderDomainTransform(spec, this.spec, {
      kernel: `${imageFolder}/vmlinuz`,
      initrd: `${imageFolder}/initrd.img`,
      consoleFile: `${host.consoleFolder}/${libvirtName}-serial.log`,
      poolFolder: poolFolder(cluster),
      tscKhz: cluster.tscKhz,
    });
    return new libvirt.Domain(
      machineStepName(name, "machine"),
      {
        name: libvirtName,
        type: domainType,
        machine: "q35",
        vcpu: vcpus,
        memory: memoryMiB,
        cpu: { mode: cpuMode },
        autostart: true,
        disks: disks.map((d) => ({ volumeId: d.id })),
        networkInterfaces: [{ networkId: network.networkId, mac }],
        consoles: [{ type: "pty", targetPort: "0", targetType: "serial" }],
        xml: { xslt },
      },
      {
        parent: this,
        dependsOn: [...cluster.awake, ...after],
        // The transform sets the first three; the provider reads them back and would want to remove them.
        ignoreChanges: ["kernel", "initrd", "cmdlines", ...(isSaved(spec) ? savedProperties : [])],
        deleteBeforeReplace: true,
      },
    );
  }
}
