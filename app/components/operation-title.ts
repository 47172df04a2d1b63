/** What an operation does to which cluster, in a few words. */
import type { TFunction } from "i18next";
import type { OperationSummary } from "#app/services/portal.ts";

export type Titled = Pick<OperationSummary, "kind" | "planKind" | "cluster">;

export function titleOf(operation: Titled, t: TFunction): string {
  const key = operation.kind === "preview" && operation.planKind === "destroy" ? "previewDestroy" : operation.kind;
  return t(`operationTitle.${key}`, { cluster: operation.cluster });
}
