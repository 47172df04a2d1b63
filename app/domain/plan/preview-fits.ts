import type { ClusterState } from "#app/domain/cluster/cluster.ts";
import type { Plan } from "./plan.ts";

/** Whether a plan of the kind can be made for a cluster in the state. */
export function previewFits(kind: Plan["kind"], state: ClusterState): boolean {
  if (state === "gone") return false;
  return kind === "destroy" ? state !== "draft" : state !== "destroying";
}
