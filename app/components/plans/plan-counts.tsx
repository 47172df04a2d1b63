/** A plan in short: how much of each change, and what it does to nodes, in words. */
import { useTranslation } from "#app/components/text/use-translation.ts";
import { planKindOf } from "#app/domain/operation/kinds.ts";
import { foldedCount } from "#app/domain/plan/folded-rows.ts";
import { countChanges, impactByMachine, serviceMachinesIn } from "#app/domain/plan/rows.ts";
import type { PlanRow } from "#app/domain/plan/plan.ts";
import type { PlanView } from "#app/services/portal.ts";

const shown = ["create", "update", "replace", "delete"] as const;

export function PlanCounts({ rows }: { readonly rows: readonly PlanRow[] }) {
  const { t } = useTranslation();
  const counts = countChanges(rows);
  const folded = foldedCount(rows);
  return (
    <span className="b-row b-digits">
      {shown
        .filter((change) => counts[change] > 0)
        .map((change) => (
          <span key={change}>{t(`plan.${change}`, { count: counts[change] })}</span>
        ))}
      {folded > 0 && <span className="b-muted">{t("arrangements.counted", { count: folded })}</span>}
    </span>
  );
}

export function PlanImpact({ view }: { readonly view: PlanView }) {
  const { t } = useTranslation();
  const { plan, losesData } = view;
  if (planKindOf(plan).removesCluster) return null;
  const impacts = impactByMachine(plan.rows);
  const services = serviceMachinesIn(plan.rows);
  const removed = losesData.filter((node) => impacts.get(node) !== "replace");
  if (impacts.size === 0 && removed.length === 0) return <p>{t("plan.nodesKeep")}</p>;
  return (
    <ul className="b-list">
      {[...impacts].map(([node, impact]) => (
        <li key={node}>
          <strong>{impact === "replace" ? t("plan.nodeReplaced", { node }) : t("plan.nodeRestarts", { node })}</strong>
        </li>
      ))}
      {removed.map((node) => (
        <li key={node}>
          <strong>{services.has(node) ? t("plan.serviceRemoved", { machine: node }) : t("plan.nodeRemoved", { node })}</strong>
        </li>
      ))}
    </ul>
  );
}
