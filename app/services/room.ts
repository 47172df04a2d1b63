/** How much of the host is left for new machines. */
import { limitsOf } from "#app/domain/plan/headroom.ts";
import type { ClusterStore } from "#app/ports/cluster-store.ts";
import type { HostCapacity, Hypervisor } from "#app/ports/hypervisor.ts";
import type { Amount, RoomLeft } from "./portal.ts";

export interface RoomDeps {
  readonly clusters: ClusterStore;
  readonly hypervisor: Hypervisor;
  readonly now: () => number;
  readonly memoryReserveMiB: number;
  /** How many clusters the address range holds. */
  readonly indexLimit: number;
}

/** Asking libvirt starts processes: one answer serves everybody for a few seconds. */
const freshMs = 5_000;

export function createRoom(deps: RoomDeps): () => Promise<RoomLeft> {
  let asked: { readonly at: number; readonly capacity: Promise<HostCapacity | null> } | null = null;
  const capacity = () => {
    if (asked === null || deps.now() - asked.at > freshMs) {
      asked = { at: deps.now(), capacity: deps.hypervisor.capacity().catch(() => null) };
    }
    return asked.capacity;
  };
  return async () => roomOf(deps, await capacity(), await deps.clusters.committed(), await networksUsed(deps.clusters));
}

async function networksUsed(clusters: ClusterStore): Promise<number> {
  return (await clusters.list(null)).filter((c) => c.state !== "gone").length;
}

type Committed = Awaited<ReturnType<ClusterStore["committed"]>>;

function roomOf(deps: RoomDeps, host: HostCapacity | null, committed: Committed, networks: number): RoomLeft {
  const { memoryReserveMiB, indexLimit } = deps;
  // The same limits by which a plan is refused.
  const limit = limitsOf({ vcpus: host?.cpus ?? 0, memoryMiB: host?.memoryMiB ?? 0, diskGiB: host?.diskGiB ?? 0 }, memoryReserveMiB);
  return {
    reachable: host !== null,
    hostName: host?.hostName ?? "",
    vcpus: amount(limit.vcpus, committed.vcpus, limit.vcpus),
    memoryMiB: amount(host?.memoryMiB ?? 0, committed.memoryMiB, limit.memoryMiB),
    diskGiB: amount(limit.diskGiB, committed.diskGiB, limit.diskGiB),
    networks: amount(indexLimit, networks, indexLimit),
    memoryReserveMiB,
  };
}

const amount = (total: number, committed: number, limit: number): Amount => ({ total, committed, left: Math.max(0, limit - committed) });
