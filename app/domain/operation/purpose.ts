/**
 * What an operation is for, as people name it. The first update of a cluster makes it: nobody who asked for a cluster
 * asked for an update.
 */
import type { Plan } from "#app/domain/plan/plan.ts";
import type { Operation } from "./operation.ts";

export const purposes = ["preview", "preview-destroy", "create", "update", "refresh", "destroy"] as const;
export type Purpose = (typeof purposes)[number];

/** What a plan is for when it is approved. Revision 0 was live before it: nothing had ever lived, however often it was tried. */
export const planPurpose = (plan: Pick<Plan, "kind" | "fromRevision">): "create" | "update" | "destroy" =>
  plan.kind === "update" && plan.fromRevision === 0 ? "create" : plan.kind;

/** `plan`: the one that it executes; null while that is not known, which reads as any later update. */
export function purposeOf({ kind, planKind }: Pick<Operation, "kind" | "planKind">, plan: Pick<Plan, "kind" | "fromRevision"> | null): Purpose {
  if (kind === "preview") return planKind === "destroy" ? "preview-destroy" : "preview";
  return kind === "update" && plan !== null ? planPurpose(plan) : kind;
}
