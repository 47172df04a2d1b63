/** A cluster as versions before node pools stored it, for tests: everything in it has the names that its resources have. */
import { exampleSpec } from "./example-spec.ts";
import type { SpecOfSchema1 } from "./schema-1.ts";
import { addressOf, interfaceOf, kubernetesOf, networkOf, publishedApiPort, publishedSshPort } from "./spec.ts";

export interface FormerChange extends Partial<SpecOfSchema1> {
  readonly workers?: number;
}

/** Addresses, ports and sizes are those of `exampleSpec`. */
export function exampleOfSchema1({ workers = 1, ...change }: FormerChange = {}): SpecOfSchema1 {
  const spec = exampleSpec({ workers });
  const [network, kubernetes] = [networkOf(spec), kubernetesOf(spec)];
  const name = change.name ?? spec.name;
  const prefix = `${spec.prefix}-${name}`;
  return {
    schema: 1,
    clusterId: spec.clusterId,
    tenantId: spec.tenantId,
    name,
    revision: 1,
    blueprint: "single",
    stackName: prefix,
    prefix,
    kubernetesVersion: kubernetes.version,
    image: { name: "node-1.35.4", contentHash: "0".repeat(64) },
    profile: spec.profile,
    diskSource: "file",
    network: {
      name: prefix,
      bridge: network.bridge,
      cidr: network.cidr,
      gateway: network.gateway,
      podCidr: kubernetes.podCidr,
      serviceCidr: kubernetes.serviceCidr,
    },
    publishedApiPort: publishedApiPort(spec) ?? 0,
    apiServerNames: kubernetes.serverNames,
    machines: spec.machines.map((m, at) => ({
      nodeName: `${name}-${m.name}`,
      libvirtName: `${prefix}-${name}-${m.name}`,
      role: at === 0 ? "control-plane" : "worker",
      vcpus: m.vcpus,
      memoryMiB: m.memoryMiB,
      diskGiB: 20,
      mac: interfaceOf(m).mac,
      address: addressOf(m),
      sshHostKey: m.sshHostKey,
      publishedSshPort: publishedSshPort(spec, m.name) ?? 0,
      sinceRevision: 1,
    })),
    authorizedKeys: [],
    portalKey: spec.portalKey,
    certificates: { renewed: 0 },
    caCertHash: kubernetes.caCertHash,
    ...change,
  };
}
