/** How much of each libvirt host is left for new machines. */
import { type HostId, type LibvirtHost, networksOf } from "#app/domain/host/libvirt-host.ts";
import { type Capacity, minus, noCapacity, plus } from "#app/domain/plan/headroom.ts";
import type { ClusterStore, ReservedTotal } from "#app/ports/cluster-store.ts";
import type { Hypervisors } from "#app/ports/hosts/by-host.ts";
import type { HostStore } from "#app/ports/hosts/host-store.ts";
import type { HostCapacity } from "#app/ports/hypervisor.ts";
import type { Actor } from "#app/domain/tenant.ts";
import type { PeopleStore } from "#app/ports/people-store.ts";
import { readableTenants } from "#app/services/access/authorized-lookup.ts";
import { limitFrom } from "./host-limit.ts";
import { registeredHost } from "./known-hosts.ts";
import { type PlacementDeps, placeCluster, proposeHost } from "./place-cluster.ts";
import type { Amount, HeldBy, CapacityLeft } from "./portal-capacity.ts";

export interface HostCapacityDeps {
  readonly clusters: ClusterStore;
  readonly hosts: HostStore;
  readonly people: PeopleStore;
  readonly hypervisors: Hypervisors;
  readonly now: () => number;
}

/** Asking libvirt starts processes: one answer serves everybody for a few seconds. */
const freshMs = 5_000;

type AskCapacity = (hostId: HostId) => Promise<HostCapacity | null>;

export interface HostCapacityReader {
  /** Whether this host's libvirt answers. */
  readonly hostAnswers: (hostId: HostId) => Promise<boolean>;
  /** What is reserved and left of this host, as this person may see it. */
  readonly capacityOf: (actor: Actor, hostId: HostId) => Promise<CapacityLeft>;
  /** The same of every host, by id. */
  readonly capacities: (actor: Actor) => Promise<readonly CapacityLeft[]>;
  /** The host for a new cluster that takes this much. Problems: range-exhausted, no-host. */
  readonly placeCluster: (needed: Capacity) => Promise<LibvirtHost>;
  /** The host that a new cluster would be on if it took nothing; where none takes any, the first. */
  readonly proposedHost: () => Promise<LibvirtHost>;
}

export function createHostCapacityReader(deps: HostCapacityDeps): HostCapacityReader {
  const capacity = recentCapacity(deps);
  const placement: PlacementDeps = { ...deps, capacity };
  const capacityOn = async (actor: Actor, host: LibvirtHost): Promise<CapacityLeft> => {
    const [seen, reserved] = [await capacity(host.id), await deps.clusters.reserved(host.id)];
    return capacityLeft(host, seen, reserved, await heldBy(deps, actor, host.id, reserved));
  };
  return {
    hostAnswers: async (hostId) => (await capacity(hostId)) !== null,
    capacityOf: async (actor, hostId) => capacityOn(actor, await registeredHost(deps.hosts, hostId)),
    capacities: async (actor) => Promise.all((await deps.hosts.list()).map((host) => capacityOn(actor, host))),
    placeCluster: (needed) => placeCluster(placement, needed),
    proposedHost: () => proposeHost(placement),
  };
}

/** Null while libvirt does not answer. */
function recentCapacity({ hypervisors, now }: HostCapacityDeps): AskCapacity {
  const asked = new Map<HostId, { readonly at: number; readonly capacity: Promise<HostCapacity | null> }>();
  const ask = async (hostId: HostId) => hypervisors.of(hostId).capacity();
  return (hostId) => {
    const earlier = asked.get(hostId);
    if (earlier !== undefined && now() - earlier.at <= freshMs) return earlier.capacity;
    const capacity = ask(hostId).catch(() => null);
    asked.set(hostId, { at: now(), capacity });
    return capacity;
  };
}

const mostHolders = 10;

async function heldBy(deps: HostCapacityDeps, actor: Actor, hostId: HostId, reserved: ReservedTotal): Promise<HeldBy> {
  const holders = await deps.clusters.holders(hostId, readableTenants(actor), mostHolders);
  const slugs = new Map(
    await Promise.all(
      [...new Set(holders.map((c) => c.tenantId))].map(async (id) => [id, (await deps.people.tenant(id))?.slug ?? id] as const),
    ),
  );
  const clusters = holders.map((c) => ({ tenant: slugs.get(c.tenantId) ?? c.tenantId, cluster: c.name, ...(c.reserved ?? noCapacity) }));
  const rest = minus(reserved, clusters.reduce<Capacity>(plus, noCapacity));
  return { clusters, others: reserved.clusters > clusters.length ? { ...rest, clusters: reserved.clusters - clusters.length } : null };
}

function capacityLeft(host: LibvirtHost, seen: HostCapacity | null, reserved: ReservedTotal, held: HeldBy): CapacityLeft {
  const { id, name, state, memoryReserveMiB } = host;
  const limit = seen === null ? noCapacity : limitFrom(seen, memoryReserveMiB);
  return {
    hostId: id,
    name,
    state,
    reachable: seen !== null,
    hostName: seen?.hostName ?? "",
    vcpus: amount(limit.vcpus, reserved.vcpus),
    memoryMiB: amount(limit.memoryMiB, reserved.memoryMiB),
    diskGiB: amount(limit.diskGiB, reserved.diskGiB),
    networks: amount(networksOf(host), reserved.clusters),
    memoryReserveMiB,
    heldBy: held,
  };
}

const amount = (total: number, committed: number): Amount => ({ total, committed, left: Math.max(0, total - committed) });

/** By the limits of a view; null while the host does not answer. */
export const limitOf = ({ reachable, vcpus, memoryMiB, diskGiB }: CapacityLeft): Capacity | null =>
  reachable ? { vcpus: vcpus.total, memoryMiB: memoryMiB.total, diskGiB: diskGiB.total } : null;
