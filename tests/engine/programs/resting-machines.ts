/**
 * Everything that Berth's own program makes on the host for a cluster, with the steps that are deleted together with a
 * machine. The machines are defined and never started: a teardown asks for them, and no test waits for them to boot.
 */
import * as command from "@pulumi/command";
import * as libvirt from "@pulumi/libvirt";
import { type ClusterSecrets, type ClusterSpec, interfaceOf, type MachineSpec, networkOf } from "#app/domain/cluster/spec.ts";
import type { MachineHost } from "#app/ports/stack-engine.ts";
import { ClusterNetwork } from "#programs/cluster/cluster-network.ts";
import { renderDomainTransform } from "#programs/render/domain-xml.ts";
import { plainDistribution } from "#tests/plain/distribution.ts";

const failing = "echo 'asked although its machine goes with it' >&2; exit 1";

export const clusterProgram = (spec: ClusterSpec, secrets: ClusterSecrets, host: MachineHost, seedFolder: string) => () => {
  const provider = new libvirt.Provider("libvirt", { uri: host.libvirtUri });
  const cluster = { spec, secrets, host, seedFolder, tscKhz: null, awake: [], distribution: plainDistribution };
  const network = new ClusterNetwork(networkOf(spec).key, cluster, { providers: [provider] });
  for (const machine of spec.machines) addMachine(machine, { spec, host, network, provider });
  return Promise.resolve({});
};

interface Around {
  readonly spec: ClusterSpec;
  readonly host: MachineHost;
  readonly network: ClusterNetwork;
  readonly provider: libvirt.Provider;
}

function addMachine(machine: MachineSpec, { spec, host, network, provider }: Around): void {
  const { name, libvirtName } = machine;
  const { mac } = interfaceOf(machine);
  const disk = new libvirt.Volume(`${name}-disk`, { name: `${libvirtName}.qcow2`, pool: network.poolName, size: 1_048_576 }, { provider });
  const files = {
    kernel: `${host.imageFolder}/vmlinuz`,
    initrd: `${host.imageFolder}/initrd.img`,
    consoleFile: `${host.consoleFolder}/${libvirtName}-serial.log`,
    poolFolder: `${host.poolRoot}/${spec.prefix}`,
    tscKhz: null,
    distribution: plainDistribution,
  };
  const domain = new libvirt.Domain(
    name,
    {
      name: libvirtName,
      type: "qemu",
      machine: "q35",
      vcpu: 1,
      memory: 128,
      running: false,
      disks: [{ volumeId: disk.id }],
      networkInterfaces: [{ networkId: network.networkId, mac }],
      consoles: [{ type: "pty", targetPort: "0", targetType: "serial" }],
      xml: { xslt: renderDomainTransform(spec, machine, files) },
    },
    { provider, ignoreChanges: ["kernel", "initrd", "cmdlines"] },
  );
  new command.local.Command(`${name}-ready`, { create: "true", delete: failing, triggers: [domain.id] }, { deletedWith: domain });
  new command.local.Command(`${name}-off`, { delete: failing, triggers: [domain.id] }, { deletedWith: disk });
}
