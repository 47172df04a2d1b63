/** Rows of a plan or an operation: the list by default, the same as a picture on request. */
import type { ReactNode } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { OutputTail } from "#app/domain/operation/progress.ts";
import { changesNothing } from "#app/domain/plan/rows.ts";
import { Panel } from "#app/ui/panel.tsx";
import { StepGraph, type GraphStep } from "./step-graph.tsx";
import { StepRows } from "./step-rows.tsx";
import { useUrlChoice } from "#app/components/shell/use-search-param-state.ts";
import { ViewSwitch } from "#app/components/shell/view-switch.tsx";

const views = ["list", "graph"] as const;

export interface StepsViewProps {
  readonly title: string;
  readonly rows: readonly GraphStep[];
  /** What machines said while the steps ran: a step leads to that of its machine. */
  readonly outputs?: readonly OutputTail[];
  /** Beside the title. */
  readonly counts?: ReactNode;
  /** Above the rows. */
  readonly lead?: ReactNode;
  /** Below the rows. */
  readonly end?: ReactNode;
}

/** Which view the address asks for; pages give the picture more width. */
export const useStepsView = () => useUrlChoice("view", views, "list");

export function StepsView({ title, rows, outputs = [], counts, lead, end }: StepsViewProps) {
  const { t } = useTranslation();
  const { chosen, hrefOf } = useStepsView();
  const changing = !changesNothing(rows);
  const choices = views.map((value) => ({ value, label: t(`graph.${value}`) }));
  return (
    <Panel
      title={title}
      actions={
        <span className="b-row">
          {counts}
          {changing && <ViewSwitch label={t("graph.views")} choices={choices} chosen={chosen} hrefOf={hrefOf} />}
        </span>
      }
    >
      {lead}
      {chosen === "graph" && changing ? <StepGraph rows={rows} title={title} /> : <StepRows rows={rows} outputs={outputs} />}
      {end}
    </Panel>
  );
}
