/**
 * What an operation is for, as people name it. The first update of a cluster makes it: nobody who asked for a cluster
 * asked for an update.
 */
import type { Plan } from "#app/domain/plan/plan.ts";
import { kindOf, planKindOf, type PlanPurpose, type Purpose, targetOf } from "./kinds.ts";
import type { Operation } from "./operation.ts";

/** What a plan is for when it is approved. Revision 0 was live before it: nothing had ever lived, however often it was tried. */
export function planPurpose(plan: Pick<Plan, "kind" | "fromRevision">): PlanPurpose {
  const { firstPurpose, purpose } = planKindOf(plan);
  return plan.fromRevision === 0 ? firstPurpose : purpose;
}

/** `plan`: the one that it executes; null while that is not known, which reads as any later one. */
export function purposeOf(o: Pick<Operation, "kind" | "planKind">, plan: Pick<Plan, "kind" | "fromRevision"> | null): Purpose {
  if (!kindOf(o).needsPlan) return targetOf(o).previewPurpose;
  return plan === null ? targetOf(o).purpose : planPurpose(plan);
}
