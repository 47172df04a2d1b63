/** One drift record per cluster. */
import type { DriftRecord } from "#app/domain/drift/drift.ts";

export interface DriftStore {
  /** Null before anything was written. */
  get(clusterId: string): Promise<DriftRecord | null>;
  /** clusterId → record, of these clusters. */
  of(clusterIds: readonly string[]): Promise<ReadonlyMap<string, DriftRecord>>;
  /** Ids of clusters that are not gone and that somebody wants checked, who asked first before the others. */
  wanted(limit: number): Promise<readonly string[]>;
  /**
   * Reads, changes and writes in one piece: of two at once none is lost. `change` gets `noRecord` before the first and
   * may give null to leave things as they are. Resolves with what stands afterwards. Throws for an unknown cluster.
   */
  change(clusterId: string, change: (record: DriftRecord) => DriftRecord | null): Promise<DriftRecord>;
}
