/** When something was last done to a cluster. A preview changes nothing that a check could see. */
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import type { DriftRecord } from "#app/domain/drift/drift.ts";
import { kindsThat } from "#app/domain/operation/kinds.ts";
import type { OperationStore } from "#app/ports/operation-store.ts";

/** Cluster id → end of the newest operation that changed something and is over. Epoch milliseconds. */
export const lastChanges = (
  operations: Pick<OperationStore, "lastEnds">,
  clusterIds: readonly string[],
): Promise<ReadonlyMap<string, number>> => operations.lastEnds({ clusterIds, kinds: kindsThat((kind) => kind.changesHost) });

/** Of one cluster; null without one. */
export const lastChange = async (operations: Pick<OperationStore, "lastEnds">, clusterId: string): Promise<number | null> =>
  (await lastChanges(operations, [clusterId])).get(clusterId) ?? null;

/** The cluster was changed since the check: what it found may not be so any more. */
export const isStale = (cluster: Cluster, { at, revision }: DriftRecord, lastEnd: number | null): boolean =>
  at !== null && (revision !== cluster.liveRevision || (lastEnd !== null && lastEnd > at));
