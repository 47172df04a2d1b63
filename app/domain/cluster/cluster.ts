/** The cluster as the portal lists it: a name in a tenant with revisions, a stack and an observed status. */
export const clusterStates = ["draft", "provisioning", "ready", "degraded", "destroying", "gone"] as const;
/** `draft`: nothing exists yet (previewed at most); `gone`: destroyed, kept for its history and receipt. */
export type ClusterState = (typeof clusterStates)[number];

export interface Cluster {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  /** Index of the /24 and of the port block; free again when the cluster is gone. */
  readonly networkIndex: number;
  readonly state: ClusterState;
  /** Newest revision written, and the newest that an update brought to life (0: none). */
  readonly revision: number;
  readonly liveRevision: number;
  readonly createdAt: number;
  readonly readyAt: number | null;
  readonly goneAt: number | null;
}
