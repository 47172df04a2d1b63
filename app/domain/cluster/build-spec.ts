/** Decides everything about a cluster. What comes out needs no further choice: not by the program, not by a script. */
import { addOnProperty, chosenAddOns } from "#app/domain/add-ons/chosen.ts";
import { addedServiceMachines, chosenServices, neededByServices, serviceProperty } from "#app/domain/services/chosen.ts";
import type { ServiceKind } from "#app/domain/services/service.ts";
import { clusterAddresses, machineAddress, machineMac, virtualAddress } from "#app/domain/network/addresses.ts";
import { clusterPrefix, machineName } from "./names.ts";
import { byAddress, newMachine, type Placement, slotOf } from "./new-machine.ts";
import { poolSpec } from "./pool-slots.ts";
import { kubernetesPort, publications } from "./published-ports.ts";
import { range } from "./range.ts";
import { sum, type Total, totalOf } from "./sizes.ts";
import {
  type ClusterSpec,
  controlPlanesOf,
  type EndpointSpec,
  kubernetesOf,
  type MachineRole,
  type MachineSpec,
  networkOf,
  type Publication,
  serviceMachinesOf,
  workersOf,
} from "./spec.ts";
import type { AddressSettings, DraftRevision, PoolInput, SpecInput, SpecRequest, Topology } from "./spec-input.ts";

/** Key of the network and of the Kubernetes of a cluster that has one of each. */
const onlyOne = "main";

/** Names of all machines of revision 1, control planes first: what a key maker needs to know. `services`: their kinds. */
export const firstMachineNames = (
  { controlPlanes }: { readonly controlPlanes: number },
  pools: readonly Pick<PoolInput, "count">[],
  services: readonly string[] = [],
  known?: readonly ServiceKind[],
): readonly string[] => [
  ...range(0, controlPlanes).map((slot) => machineName("control-plane", slot)),
  ...range(1, total(pools)).map((slot) => machineName("worker", slot)),
  ...addedServiceMachines({ ids: services, before: [] }, known),
];

/** How many control planes revision 1 has. */
export const controlPlaneCount = ({ controlPlanes }: Pick<Topology, "controlPlanes">, input: Pick<SpecInput, "controlPlanes">): number =>
  input.controlPlanes ?? controlPlanes.usual;

const total = (pools: readonly Pick<PoolInput, "count">[]): number => pools.reduce((sum, pool) => sum + pool.count, 0);

/** What a cluster takes of its host, before it is decided what its machines are called. */
export function neededBy(
  topology: Pick<Topology, "controlPlanes" | "sizedDisks">,
  input: Pick<SpecInput, "controlPlanes" | "controlPlane" | "pools" | "services">,
  known?: readonly ServiceKind[],
): Total {
  const { sizedDisks } = topology;
  const machines = [{ ...input.controlPlane, count: controlPlaneCount(topology, input) }, ...input.pools].flatMap(
    ({ count, vcpus, memoryMiB, diskGiB }) => range(0, count).map(() => ({ vcpus, memoryMiB, diskGiB: sizedDisks ? diskGiB : 0 })),
  );
  return sum(totalOf(machines), neededByServices(input.services ?? [], known));
}

/** Revision 1. Throws when the key maker left a machine out or an address does not exist in the range. */
export function buildSpec(r: SpecRequest): ClusterSpec {
  const { input, networkIndex, settings, keys, topology } = r;
  const prefix = clusterPrefix(networkIndex, r.clusterId);
  const addresses = clusterAddresses(settings.networkRange, networkIndex);
  const place: Placement = {
    prefix,
    cidr: addresses.cidr,
    networkIndex,
    network: onlyOne,
    image: r.image,
    sizedDisks: topology.sizedDisks,
    diskSource: "file",
    hostKeys: keys.hostKeys,
  };
  const controlPlanes = range(0, controlPlaneCount(topology, input)).map((slot) =>
    newMachine(place, { role: "control-plane", pool: null, slot, ...input.controlPlane }, 1),
  );
  const pools = input.pools.map((pool, at) => {
    const before = total(input.pools.slice(0, at));
    return {
      pool,
      machines: range(1 + before, pool.count).map((slot) => newMachine(place, { role: "worker", slot, ...pool, pool: pool.name }, 1)),
    };
  });
  const { services, machines: serviceMachines } = chosenServices(
    { ids: input.services ?? [], before: [], place, images: r.serviceImages ?? {}, revision: 1 },
    r.serviceKinds,
  );
  const machines = [...controlPlanes, ...pools.flatMap((p) => p.machines), ...serviceMachines];
  const endpoint = topology.apiServer ? newEndpoint(addresses.cidr, topology.virtualEndpoint) : null;
  return {
    schema: 2,
    clusterId: r.clusterId,
    tenantId: r.tenantId,
    name: input.name,
    revision: 1,
    blueprint: topology.id,
    hostId: r.hostId,
    profile: r.profile,
    prefix,
    stackName: prefix,
    networks: [{ key: onlyOne, name: prefix, ...addresses, reach: "nat" }],
    machines,
    kubernetes: [
      {
        key: onlyOne,
        distribution: topology.distribution,
        version: input.kubernetesVersion,
        endpoint,
        serverNames: [...new Set(r.apiServerNames)],
        controlPlane: controlPlanes.map((m) => m.name),
        pools: pools.map((p) => poolSpec(p.pool, p.machines)),
        podCidr: input.podCidr,
        serviceCidr: input.serviceCidr,
        caCertHash: keys.caCertHash,
        certificates: { renewed: 0 },
      },
    ],
    ...serviceProperty(services),
    ...addOnProperty(chosenAddOns({ ids: input.addOns ?? [], kubernetes: onlyOne })),
    published: publications({ settings, networkIndex, cidr: addresses.cidr }, machines, publishedApi(endpoint, controlPlanes)),
    authorizedKeys: [...new Set(input.authorizedKeys)],
    portalKey: keys.portalKey,
  };
}

const newEndpoint = (cidr: string, virtual: boolean): EndpointSpec =>
  virtual
    ? { address: virtualAddress(cidr), port: kubernetesPort, virtual }
    : { address: machineAddress(cidr, "control-plane", 0), port: kubernetesPort };

/** Where the published port of the API server leads; null: there is none. */
function publishedApi(endpoint: EndpointSpec | null, [first]: readonly MachineSpec[]): Pick<Publication, "machine"> | null {
  if (endpoint === null || first === undefined) return null;
  return { machine: endpoint.virtual ? null : first.name };
}

/** The next revision of a draft: nothing of it is built, so everything may be another; only its stack keeps its name. */
export const redraftSpec = ({ previous, ...request }: DraftRevision): ClusterSpec => ({
  ...buildSpec(request),
  stackName: previous.stackName,
  revision: previous.revision + 1,
});

/**
 * The next revision, with the addresses and ports of another network index. Only for a draft: nothing of it is built, and
 * its stack keeps its name.
 */
export function withNetworkIndex(spec: ClusterSpec, networkIndex: number, settings: AddressSettings): ClusterSpec {
  const prefix = clusterPrefix(networkIndex, spec.clusterId);
  const before = networkOf(spec);
  const addresses = clusterAddresses(settings.networkRange, networkIndex);
  const controlPlanes = controlPlanesOf(spec).map((m, slot) =>
    moved(m, { prefix, ...addresses, networkIndex, role: "control-plane", slot }),
  );
  const workers = workersOf(spec).map((m) =>
    moved(m, { prefix, ...addresses, networkIndex, role: "worker", slot: slotOf(before.cidr, m) }),
  );
  const services = serviceMachinesOf(spec).map((m) =>
    moved(m, { prefix, ...addresses, networkIndex, role: "service", slot: slotOf(before.cidr, m) }),
  );
  const machines = [...controlPlanes, ...workers.sort(byAddress), ...services];
  const endpointBefore = kubernetesOf(spec).endpoint;
  const endpoint = endpointBefore === null ? null : newEndpoint(addresses.cidr, endpointBefore.virtual === true);
  return {
    ...spec,
    revision: spec.revision + 1,
    prefix,
    networks: [{ ...before, name: prefix, ...addresses }],
    machines,
    kubernetes: spec.kubernetes.map((k) => ({ ...k, endpoint })),
    published: publications({ settings, networkIndex, cidr: addresses.cidr }, machines, publishedApi(endpoint, controlPlanes)),
  };
}

interface NewPlace {
  readonly prefix: string;
  readonly cidr: string;
  readonly networkIndex: number;
  readonly role: MachineRole;
  readonly slot: number;
}

const moved = (m: MachineSpec, { prefix, cidr, networkIndex, role, slot }: NewPlace): MachineSpec => ({
  ...m,
  libvirtName: `${prefix}-${m.name}`,
  interfaces: m.interfaces.map((i) => ({ ...i, mac: machineMac(networkIndex, role, slot), address: machineAddress(cidr, role, slot) })),
});
