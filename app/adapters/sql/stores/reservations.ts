/**
 * What clusters have reserved of their libvirt hosts: a network index, and amounts. A reservation lies in the cluster's own
 * row and is written with the operation that needs it, so that of two approvals that want the last of something one is
 * refused. What is reserved and when is described at `Reserved` in app/domain/cluster/cluster.ts.
 */
import { type Kysely, sql } from "kysely";
import type { HostId } from "#app/domain/host/libvirt-host.ts";
import { type Capacity, judgeCapacity, largest, noCapacity } from "#app/domain/plan/headroom.ts";
import type { ReservedTotal } from "#app/ports/cluster-store.ts";
import { CapacityTaken, ClusterGone, NetworkTaken } from "#app/ports/operation-store.ts";
import { forUpdate, oneAtATime, type Trx } from "#app/adapters/sql/database/locks.ts";
import type { ClusterRow, Engine, Tables } from "#app/adapters/sql/schema.ts";

type ReservationColumns = Pick<ClusterRow, "reserved" | "reserved_vcpus" | "reserved_memory_mib" | "reserved_disk_gib">;

export const nothingReserved: ReservationColumns = { reserved: 0, reserved_vcpus: 0, reserved_memory_mib: 0, reserved_disk_gib: 0 };

const columnsOf = (amounts: Capacity): ReservationColumns => ({
  reserved: 1,
  reserved_vcpus: amounts.vcpus,
  reserved_memory_mib: amounts.memoryMiB,
  reserved_disk_gib: amounts.diskGiB,
});

export const amountsOf = (row: ReservationColumns): Capacity | null =>
  row.reserved === 0 ? null : { vcpus: row.reserved_vcpus, memoryMiB: row.reserved_memory_mib, diskGiB: row.reserved_disk_gib };

interface Wanted {
  readonly clusterId: string;
  readonly specRevision: number;
  readonly hostLimit: Capacity | null;
}

/** Throws ClusterGone, NetworkTaken, CapacityTaken. */
export async function reserve(trx: Trx, engine: Engine, { clusterId, specRevision, hostLimit }: Wanted): Promise<void> {
  await oneAtATime(trx, engine, "reserve");
  const cluster = await forUpdate(engine, trx.selectFrom("clusters").selectAll().where("id", "=", clusterId)).executeTakeFirstOrThrow();
  if (cluster.state === "gone") throw new ClusterGone(`cluster ${clusterId} is gone`);
  if (await networkIsTaken(trx, cluster)) throw new NetworkTaken(`network ${cluster.network_index} is reserved by another cluster`);
  const now = amountsOf(cluster) ?? noCapacity;
  const after = largest(now, await amountsOfRevision(trx, clusterId, specRevision));
  const refusals =
    hostLimit === null ? [] : judgeCapacity({ limit: hostLimit, reserved: await reservedTotal(trx, cluster.host_id), now, after }).refusals;
  if (refusals.length > 0) throw new CapacityTaken(refusals);
  await trx.updateTable("clusters").set(columnsOf(after)).where("id", "=", clusterId).execute();
}

/**
 * After an update has ended: a draft gives everything back, a ready cluster keeps what its live revision takes. Of a
 * cluster that is neither it is not known what stands on the host, so its reservation stays as large as it was.
 */
export async function settleReservation(trx: Trx, clusterId: string): Promise<void> {
  const cluster = await trx
    .selectFrom("clusters")
    .select(["state", "live_revision", "reserved"])
    .where("id", "=", clusterId)
    .executeTakeFirst();
  if (cluster?.reserved !== 1) return;
  const set = trx.updateTable("clusters").where("id", "=", clusterId);
  if (cluster.state === "draft") await set.set(nothingReserved).execute();
  else if (cluster.state === "ready") await set.set(columnsOf(await amountsOfRevision(trx, clusterId, cluster.live_revision))).execute();
}

export async function networkIsTaken(
  db: Kysely<Tables>,
  { id, host_id, network_index }: Pick<ClusterRow, "id" | "host_id" | "network_index">,
): Promise<boolean> {
  const other = db
    .selectFrom("clusters")
    .select("id")
    .where("reserved", "=", 1)
    .where("host_id", "=", host_id)
    .where("network_index", "=", network_index)
    .where("id", "<>", id);
  return (await other.executeTakeFirst()) !== undefined;
}

export async function reservedTotal(db: Kysely<Tables>, hostId: HostId): Promise<ReservedTotal> {
  const sum = (column: keyof ReservationColumns) => sql<number>`coalesce(sum(${sql.ref(column)}), 0)`;
  const sums = [
    sum("reserved_vcpus").as("vcpus"),
    sum("reserved_memory_mib").as("memoryMiB"),
    sum("reserved_disk_gib").as("diskGiB"),
    sum("reserved").as("clusters"),
  ] as const;
  return await db.selectFrom("clusters").select(sums).where("reserved", "=", 1).where("host_id", "=", hostId).executeTakeFirstOrThrow();
}

async function amountsOfRevision(db: Kysely<Tables>, clusterId: string, revision: number): Promise<Capacity> {
  const query = db
    .selectFrom("specs")
    .select(["vcpus", "memory_mib as memoryMiB", "disk_gib as diskGiB"])
    .where("cluster_id", "=", clusterId);
  return (await query.where("revision", "=", revision).executeTakeFirst()) ?? noCapacity;
}

/** The lowest index that nobody on the host has; where all free ones are proposed already, the lowest that nobody has reserved. */
export async function freeNetworkIndex(db: Kysely<Tables>, hostId: HostId, indexLimit: number): Promise<number | null> {
  const living = db.selectFrom("clusters").select("network_index").distinct().where("state", "<>", "gone").where("host_id", "=", hostId);
  const indexes = (rows: readonly { readonly network_index: number }[]) => new Set(rows.map((r) => r.network_index));
  const unused = lowestFree(indexes(await living.execute()), indexLimit);
  return unused ?? lowestFree(indexes(await living.where("reserved", "=", 1).execute()), indexLimit);
}

function lowestFree(taken: ReadonlySet<number>, limit: number): number | null {
  for (let index = 0; index < limit; index++) if (!taken.has(index)) return index;
  return null;
}
