/** What a plan of each kind says in its first line and on its button: a kind without an entry does not compile. */
import type { TFunction } from "i18next";
import type { PlanKind } from "#app/domain/operation/kinds.ts";
import type { PlanView } from "#app/services/portal.ts";

interface PlanWords {
  readonly line: (view: PlanView, t: TFunction) => string;
  readonly button: (view: PlanView, t: TFunction) => string;
}

export const planWords: Readonly<Record<PlanKind, PlanWords>> = {
  update: { line: updateLine, button: updateButton },
  destroy: {
    line: (view, t) => t("plan.lineDestroy", revisionsOf(view)),
    button: (view, t) => t("plan.approveDestroy", { cluster: view.cluster.name, count: machines(view, "delete") }),
  },
};

const revisionsOf = ({ plan }: PlanView) => ({ from: plan.fromRevision, to: plan.specRevision });

function updateLine(view: PlanView, t: TFunction): string {
  const { fromRevision, specRevision } = view.plan;
  if (fromRevision === 0) return t("plan.lineFirst");
  return t(fromRevision === specRevision ? "plan.lineSame" : "plan.line", revisionsOf(view));
}

function updateButton(view: PlanView, t: TFunction): string {
  const [made, removed] = [machines(view, "create"), machines(view, "delete")];
  if (made > 0 && view.plan.fromRevision === 0) return t("plan.approveCreate", { count: made });
  if (made > 0) return t("plan.approveAdd", { count: made });
  return removed > 0 ? t("plan.approveRemove", { count: removed }) : t("plan.approveUpdate", { cluster: view.cluster.name });
}

/** Machines come and go with their libvirt domain: that is the row to count. */
const machines = (view: PlanView, change: "create" | "delete"): number =>
  view.plan.rows.filter((row) => row.change === change && row.type.endsWith(":Domain")).length;
