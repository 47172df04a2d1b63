/** The cluster as the portal lists it: a name in a tenant with revisions, a stack and an observed status. */
import type { HostId } from "#app/domain/host/libvirt-host.ts";
import { type ClusterSpec, hasApiServer } from "./spec.ts";

export const clusterStates = ["draft", "provisioning", "ready", "degraded", "destroying", "gone"] as const;
/** `draft`: nothing exists yet (previewed at most); `gone`: destroyed, kept for its history and receipt. */
export type ClusterState = (typeof clusterStates)[number];

/**
 * The approval of an update reserves what its revision takes. Until an update succeeds it is the larger of what lived
 * before and what was approved, because both may stand on the host.
 */
export interface Reserved {
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly diskGiB: number;
}

export interface Cluster {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  /** Libvirt host on which it is from its first draft on. */
  readonly hostId: HostId;
  /** Index of the /24 and of the port block on its host. A proposal until it is reserved, and free again when the cluster is gone. */
  readonly networkIndex: number;
  /** What it has of the libvirt host, and with it its network index; null: nothing, as a draft. See {@link Reserved}. */
  readonly reserved: Reserved | null;
  readonly state: ClusterState;
  /** Newest revision written, and the newest that an update brought to life (0: none). */
  readonly revision: number;
  readonly liveRevision: number;
  readonly createdAt: number;
  /** When a revision was written or an operation queued last. */
  readonly changedAt: number;
  readonly readyAt: number | null;
  readonly goneAt: number | null;
}

/** Whether the cluster has an API to enter: it came to life once, and is not gone. */
export const hasApi = ({ state, liveRevision }: Pick<Cluster, "state" | "liveRevision">, spec: ClusterSpec): boolean =>
  hasApiServer(spec) && liveRevision > 0 && state !== "gone";

/** Why something is not possible that only a live cluster allows: it was never live, or its state. */
export const blockerOf = ({ state, liveRevision }: Pick<Cluster, "state" | "liveRevision">): ClusterState | "never-live" =>
  liveRevision === 0 && state !== "gone" ? "never-live" : state;
