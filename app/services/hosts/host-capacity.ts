/** How much of the host is left for new machines. */
import { type Capacity, hostLimits, minus, noCapacity, plus } from "#app/domain/plan/headroom.ts";
import type { ClusterStore, ReservedTotal } from "#app/ports/cluster-store.ts";
import type { HostCapacity, Hypervisor } from "#app/ports/hypervisor.ts";
import type { Actor } from "#app/domain/tenant.ts";
import type { PeopleStore } from "#app/ports/people-store.ts";
import { readableTenants } from "#app/services/access/authorized-lookup.ts";
import type { Amount, HeldBy, RoomLeft } from "./portal-capacity.ts";

export interface RoomDeps {
  readonly clusters: ClusterStore;
  readonly people: PeopleStore;
  readonly hypervisor: Hypervisor;
  readonly now: () => number;
  readonly memoryReserveMiB: number;
  /** How many clusters the address range holds. */
  readonly indexLimit: number;
}

/** Asking libvirt starts processes: one answer serves everybody for a few seconds. */
const freshMs = 5_000;

export interface HostRoom {
  /** Whether libvirt answers. */
  readonly hostAnswers: () => Promise<boolean>;
  /** What is reserved and left, as this person may see it. */
  readonly room: (actor: Actor) => Promise<RoomLeft>;
}

export function createRoom(deps: RoomDeps): HostRoom {
  let asked: { readonly at: number; readonly capacity: Promise<HostCapacity | null> } | null = null;
  const capacity = () => {
    if (asked === null || deps.now() - asked.at > freshMs) {
      asked = { at: deps.now(), capacity: deps.hypervisor.capacity().catch(() => null) };
    }
    return asked.capacity;
  };
  const room = async (actor: Actor) => {
    const [host, reserved] = [await capacity(), await deps.clusters.reserved()];
    return roomOf(deps, host, reserved, await heldBy(deps, actor, reserved));
  };
  return { room, hostAnswers: async () => (await capacity()) !== null };
}

const mostHolders = 10;

async function heldBy(deps: RoomDeps, actor: Actor, reserved: ReservedTotal): Promise<HeldBy> {
  const holders = await deps.clusters.holders(readableTenants(actor), mostHolders);
  const slugs = new Map(await Promise.all([...new Set(holders.map((c) => c.tenantId))].map(async (id) => [id, (await deps.people.tenant(id))?.slug ?? id] as const)));
  const clusters = holders.map((c) => ({ tenant: slugs.get(c.tenantId) ?? c.tenantId, cluster: c.name, ...(c.reserved ?? noCapacity) }));
  const rest = minus(reserved, clusters.reduce<Capacity>(plus, noCapacity));
  return { clusters, others: reserved.clusters > clusters.length ? { ...rest, clusters: reserved.clusters - clusters.length } : null };
}

function roomOf(deps: RoomDeps, host: HostCapacity | null, reserved: ReservedTotal, held: HeldBy): RoomLeft {
  const { memoryReserveMiB, indexLimit } = deps;
  const limit = host === null ? noCapacity : hostLimits({ vcpus: host.cpus, memoryMiB: host.memoryMiB, diskGiB: host.diskGiB }, memoryReserveMiB);
  return {
    reachable: host !== null,
    hostName: host?.hostName ?? "",
    vcpus: amount(limit.vcpus, reserved.vcpus),
    memoryMiB: amount(limit.memoryMiB, reserved.memoryMiB),
    diskGiB: amount(limit.diskGiB, reserved.diskGiB),
    networks: amount(indexLimit, reserved.clusters),
    memoryReserveMiB,
    heldBy: held,
  };
}

const amount = (total: number, committed: number): Amount => ({ total, committed, left: Math.max(0, total - committed) });

/** By the limits of a view; null while the host does not answer. */
export const limitOf = ({ reachable, vcpus, memoryMiB, diskGiB }: RoomLeft): Capacity | null =>
  reachable ? { vcpus: vcpus.total, memoryMiB: memoryMiB.total, diskGiB: diskGiB.total } : null;
