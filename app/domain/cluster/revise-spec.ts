/** The next revision of a cluster. */
import type { AddOnSpec } from "#app/domain/add-ons/add-on.ts";
import { addOnProperty, chosenAddOns } from "#app/domain/add-ons/chosen.ts";
import { chosenServices, serviceProperty } from "#app/domain/services/chosen.ts";
import { awake, withPowerFor } from "#app/domain/power/power-revisions.ts";
import { byAddress, hasSizedDisks, newMachine, type Placement } from "./new-machine.ts";
import { nextControlPlanes } from "#app/domain/control-plane/control-planes.ts";
import { knownMachines, nextPools, poolSpec } from "./pool-slots.ts";
import { keptPublications } from "./published-ports.ts";
import type { MachineSize } from "./sizes.ts";
import {
  addOnsOf,
  type ClusterSpec,
  controlPlanesOf,
  kubernetesOf,
  type MachineSpec,
  networkOf,
  poolsOf,
  rootDiskOf,
  servicesOf,
} from "./spec.ts";
import type { PublicKeys, Revision, SpecChange } from "./spec-input.ts";

/** The next revision: new workers take the lowest free slots, and those that are removed are chosen by `remove` and `removeFirst`. */
export function reviseSpec(r: Revision): ClusterSpec {
  const { previous, change } = r;
  const revision = previous.revision + 1;
  const known = knownMachines(r);
  const { cidr, key } = networkOf(previous);
  const [first] = controlPlanesOf(previous);
  if (!first) throw new Error(`the spec of ${previous.clusterId} has no control plane`);
  const place: Placement = {
    prefix: previous.prefix,
    cidr,
    networkIndex: r.networkIndex,
    network: key,
    image: first.image,
    sizedDisks: hasSizedDisks(first),
    diskSource: rootDiskOf(first).source,
    hostKeys: r.hostKeys,
  };
  const controlPlanes = nextControlPlanes(r, change, place, revision).map((m) => ({ ...m, ...sizeOf(change.controlPlane) }));
  const pools = nextPools(r).map(({ pool, slots }) => {
    const machines = slots.map((slot): MachineSpec => {
      const old = known.get(slot);
      return old
        ? { ...old, pool: pool.name, ...sizeOf(pool) }
        : newMachine(place, { role: "worker", slot, ...pool, pool: pool.name }, revision);
    });
    return { pool, machines };
  });
  const { services, machines: serviceMachines } = chosenServices(
    { ids: change.services ?? kindsIn(previous), before: specsOf(r), place, images: r.serviceImages ?? {}, revision },
    r.serviceKinds,
  );
  const machines = [...controlPlanes, ...pools.flatMap((p) => p.machines).sort(byAddress), ...serviceMachines];
  const { addOns: _addOns, services: _services, ...rest } = previous;
  const next: ClusterSpec = {
    ...rest,
    name: change.name,
    revision,
    machines,
    kubernetes: [
      { ...kubernetesOf(previous), controlPlane: controlPlanes.map((m) => m.name), pools: pools.map((p) => poolSpec(p.pool, p.machines)) },
    ],
    ...serviceProperty(services),
    ...addOnProperty(nextAddOns(r)),
    published: keptPublications(r, machines),
  };
  return withPowerFor(next, r);
}

const kindsIn = (spec: ClusterSpec): readonly string[] => servicesOf(spec).map(({ kind }) => kind);

/** A machine that lives comes before one of the same service that a revision that was not completed had. */
const specsOf = ({ previous, live }: Pick<Revision, "previous" | "live">): readonly ClusterSpec[] => [
  ...(live === null ? [] : [live]),
  previous,
];

/** An add-on that lives keeps its version, also when a discarded revision in between had dropped it. */
function nextAddOns({ previous, live, change }: Revision): readonly AddOnSpec[] {
  const before = [...(live === null ? [] : addOnsOf(live)), ...addOnsOf(previous)];
  const ids = change.addOns ?? addOnsOf(previous).map(({ id }) => id);
  return chosenAddOns({ ids, kubernetes: kubernetesOf(previous).key, before });
}

/** What a spec amounts to as a change: what an edit starts from. */
export function changeOf(spec: ClusterSpec): SpecChange {
  const [first] = controlPlanesOf(spec);
  const pools = poolsOf(spec).map(({ nodes, ...pool }) => ({ ...pool, count: nodes.length }));
  return {
    name: spec.name,
    controlPlane: sizeOf(first ?? { vcpus: 2, memoryMiB: 2048 }),
    pools,
    addOns: addOnsOf(spec).map(({ id }) => id),
    services: kindsIn(spec),
  };
}

const sizeOf = ({ vcpus, memoryMiB }: MachineSize): MachineSize => ({ vcpus, memoryMiB });

/** The same revision, made with other keys. */
export const withPublicKeys = (spec: ClusterSpec, keys: PublicKeys): ClusterSpec => ({
  ...spec,
  portalKey: keys.portalKey,
  kubernetes: spec.kubernetes.map((k) => ({ ...k, caCertHash: keys.caCertHash })),
  machines: spec.machines.map((m) => ({ ...m, sshHostKey: keys.hostKeys[m.name] ?? m.sshHostKey })),
});

/** The next revision, which says nothing new but that the control plane gets new certificates. A cluster that is saved is woken. */
export const renewCertificates = (previous: ClusterSpec): ClusterSpec => ({
  ...awake(previous, previous),
  revision: previous.revision + 1,
  kubernetes: previous.kubernetes.map((k) => ({ ...k, certificates: { renewed: (k.certificates?.renewed ?? 0) + 1 } })),
});
