/** What clusters have reserved of their libvirt hosts, in memory; see app/adapters/sql/stores/reservations.ts. */
import type { HostId } from "#app/domain/host/libvirt-host.ts";
import { capacityOf } from "#app/domain/power/taken-capacity.ts";
import { type Capacity, judgeCapacity, largest, noCapacity, plus } from "#app/domain/plan/headroom.ts";
import type { ReservedTotal } from "#app/ports/cluster-store.ts";
import { CapacityTaken, ClusterGone, NetworkTaken } from "#app/ports/operation-store.ts";
import type { MemoryState, StoredCluster } from "./state.ts";

interface Wanted {
  readonly clusterId: string;
  readonly specRevision: number;
  readonly hostLimit: Capacity | null;
}

/** Throws ClusterGone, NetworkTaken, CapacityTaken. */
export function reserve(state: MemoryState, { clusterId, specRevision, hostLimit }: Wanted): void {
  const kept = state.cluster(clusterId);
  if (kept.cluster.state === "gone") throw new ClusterGone(`cluster ${clusterId} is gone`);
  if (networkIsTaken(state, kept)) throw new NetworkTaken(`network ${kept.cluster.networkIndex} is reserved by another cluster`);
  const now = kept.cluster.reserved ?? noCapacity;
  const after = largest(now, amountsOfRevision(kept, specRevision));
  const refusals =
    hostLimit === null ? [] : judgeCapacity({ limit: hostLimit, reserved: reservedTotal(state, kept.cluster.hostId), now, after }).refusals;
  if (refusals.length > 0) throw new CapacityTaken(refusals);
  kept.cluster = { ...kept.cluster, reserved: after };
}

export function settleReservation(state: MemoryState, clusterId: string): void {
  const kept = state.cluster(clusterId);
  const { cluster } = kept;
  if (cluster.reserved === null) return;
  if (cluster.state === "draft") kept.cluster = { ...cluster, reserved: null };
  else if (cluster.state === "ready") kept.cluster = { ...cluster, reserved: amountsOfRevision(kept, cluster.liveRevision) };
}

export const networkIsTaken = (state: MemoryState, { cluster }: StoredCluster): boolean =>
  holdersIn(state, cluster.hostId).some((o) => o.id !== cluster.id && o.networkIndex === cluster.networkIndex);

const onHost = (state: MemoryState, hostId: HostId) =>
  [...state.clusters.values()].map((o) => o.cluster).filter((c) => c.hostId === hostId);

export const holdersIn = (state: MemoryState, hostId: HostId) => onHost(state, hostId).filter((c) => c.reserved !== null);

export function reservedTotal(state: MemoryState, hostId: HostId): ReservedTotal {
  const holders = holdersIn(state, hostId);
  return { ...holders.reduce<Capacity>((sum, c) => plus(sum, c.reserved ?? noCapacity), noCapacity), clusters: holders.length };
}

function amountsOfRevision({ specs }: StoredCluster, revision: number): Capacity {
  const spec = specs[revision - 1]?.spec;
  return spec === undefined ? noCapacity : capacityOf(spec);
}

/** The lowest index that nobody on the host has; where all free ones are proposed already, the lowest that nobody has reserved. */
export function freeNetworkIndex(state: MemoryState, hostId: HostId, indexLimit: number): number | null {
  const living = onHost(state, hostId).filter((c) => c.state !== "gone");
  const unused = lowestFree(new Set(living.map((c) => c.networkIndex)), indexLimit);
  return unused ?? lowestFree(new Set(holdersIn(state, hostId).map((c) => c.networkIndex)), indexLimit);
}

function lowestFree(taken: ReadonlySet<number>, limit: number): number | null {
  for (let index = 0; index < limit; index++) if (!taken.has(index)) return index;
  return null;
}
