/** What a revision takes of its host. Pure. */
import { totalOf } from "#app/domain/cluster/sizes.ts";
import { amountsOf, type ClusterSpec, isSaved } from "#app/domain/cluster/spec.ts";
import type { Capacity } from "#app/domain/plan/headroom.ts";

/**
 * A cluster that is saved has returned memory and processors. Its saved memory lies on the disk: as much as all of its machines
 * have, at most.
 */
export function capacityOf(spec: Pick<ClusterSpec, "machines" | "power">): Capacity {
  const { vcpus, memoryMiB, diskGiB } = totalOf(spec.machines.map(amountsOf));
  return isSaved(spec) ? { vcpus: 0, memoryMiB: 0, diskGiB: diskGiB + Math.ceil(memoryMiB / 1024) } : { vcpus, memoryMiB, diskGiB };
}
