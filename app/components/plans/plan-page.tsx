/** One plan: what would happen, whether it fits and still holds, and the button that makes it happen. */
import { Form, Link } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { planKindOf } from "#app/domain/operation/kinds.ts";
import type { Headroom } from "#app/domain/plan/plan.ts";
import { changesNothing } from "#app/domain/plan/rows.ts";
import type { ProblemDetail } from "#app/domain/problem.ts";
import type { PlanView } from "#app/services/portal.ts";
import { spokenDuration } from "#app/ui/amounts.ts";
import { Fold } from "#app/ui/fold.tsx";
import { Heading } from "#app/ui/heading.tsx";
import { Meter } from "#app/ui/meter.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { AsJson } from "#app/components/shell/as-json.tsx";
import { HeldByList } from "#app/components/hosts/held-by.tsx";
import { useLanguage } from "#app/components/text/language.ts";
import { LinkButton, Submit } from "#app/components/shell/link-button.tsx";
import { Message } from "#app/components/text/messages.tsx";
import { Moment } from "#app/components/text/timestamp.tsx";
import { OnceKey } from "#app/components/shell/idempotency-key.tsx";
import { OperationTime } from "#app/components/operations/operation-time.tsx";
import { editPath, operationPath } from "#app/components/shell/paths.ts";
import { PlanApproval } from "./plan-approval.tsx";
import { PlanCounts, PlanImpact } from "./plan-counts.tsx";
import { planWords } from "./plan-words.ts";
import { MovedList, ProblemMessage, Refusals } from "#app/components/problems/problems.tsx";
import { shownUnit } from "#app/components/text/quantity.ts";
import { specChangeLines } from "#app/components/problems/spec-change-lines.ts";
import { SpecChanges } from "#app/components/problems/spec-changes.tsx";
import { OperationBadge } from "#app/components/shell/states.tsx";
import { StepsView, useStepsView } from "#app/components/operations/steps-view.tsx";
import { ClusterTrail } from "#app/components/shell/breadcrumbs.tsx";

export interface PlanPageProps {
  readonly view: PlanView;
  readonly once: string;
  readonly problem: ProblemDetail | null;
}

export function PlanPage({ view, once, problem }: PlanPageProps) {
  const { t } = useTranslation();
  const { plan, cluster } = view;
  const { chosen } = useStepsView();
  return (
    <>
      <Heading
        trail={<ClusterTrail cluster={cluster} />}
        title={t("plan.title", { number: plan.number, cluster: cluster.name })}
        line={<PlanLine view={view} />}
      />
      {problem !== null && <ProblemMessage problem={problem} />}
      <PlanAlerts view={view} once={once} />
      {plan.repair !== undefined && <Message tone="note" title={t("drift.planRepairs", { count: plan.repair.marks.length })} />}
      <div className={chosen === "graph" ? "b-plan b-plan-graph" : "b-plan"}>
        <div className="b-stack b-plan-rows">
          <StepsView
            title={t("plan.rows")}
            counts={<PlanCounts rows={plan.rows} />}
            lead={<PlanImpact view={view} />}
            rows={plan.rows.map((row) => ({ ...row, status: null, startedAt: null, endedAt: null }))}
            end={plan.rows.every((row) => row.change === "same") && <p>{t("plan.empty")}</p>}
          />
          {planKindOf(plan).makesRevisionLive && <WhatChanged view={view} />}
        </div>
        <div className="b-plan-capacity">
          <PlanCapacity view={view} />
        </div>
        <PlanApproval view={view} once={once} />
      </div>
      <AsJson />
    </>
  );
}

function PlanLine({ view }: { readonly view: PlanView }) {
  const { t } = useTranslation();
  const { plan } = view;
  return (
    <>
      {planWords[plan.kind].line(view, t)} · {t("plan.made")} <Moment at={plan.createdAt} />
      {view.moved.length === 0 && view.operation === null && ` · ${t("plan.valid")}`}
    </>
  );
}

/** Why it cannot be approved as it stands: approved already, stale, or too large. */
function PlanAlerts({ view, once }: { readonly view: PlanView; readonly once: string }) {
  const { t } = useTranslation();
  if (view.operation !== null) {
    return (
      <Message tone="note" title={t("plan.approved")}>
        <span className="b-row">
          <OperationBadge state={view.operation.state} />
          <Link to={operationPath(view.operation.id)}>{t("plan.seeOperation")}</Link>
        </span>
      </Message>
    );
  }
  if (view.discarded) return <Message tone="note" title={t("plan.discardedTitle")} />;
  if (view.moved.length > 0) return <Stale view={view} once={once} />;
  if (view.refusals.length === 0) return null;
  return (
    <Message tone="bad" title={t("plan.refusedTitle")}>
      <Refusals refusals={view.refusals} />
      {view.heldBy !== null && <HeldByList heldBy={view.heldBy} />}
      {view.mayEdit && planKindOf(view.plan).makesRevisionLive && (
        <div className="b-actions">
          <LinkButton to={editPath(view.cluster)} weight="primary">
            {t("plan.changeRefused", { cluster: view.cluster.name })}
          </LinkButton>
        </div>
      )}
    </Message>
  );
}

function Stale({ view, once }: { readonly view: PlanView; readonly once: string }) {
  const { t } = useTranslation();
  return (
    <Message tone="warning" title={t("plan.staleTitle")}>
      <MovedList moved={view.moved} />
      {view.mayPreview ? (
        <Form method="post">
          <OnceKey value={once} />
          <input type="hidden" name="intent" value="preview" />
          <input type="hidden" name="planKind" value={view.plan.kind} />
          <Submit>{t("plan.again")}</Submit>
        </Form>
      ) : (
        view.cluster.state !== "gone" && <p>{t("plan.noRight")}</p>
      )}
    </Message>
  );
}

function PlanCapacity({ view }: { readonly view: PlanView }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const { estimateSeconds, plan } = view;
  return (
    <Panel title={t("plan.headroom")}>
      {plan.headroom.map((row) => (
        <CapacityMeter key={row.what} row={row} />
      ))}
      {view.operation !== null && (
        <p>
          <OperationTime operation={view.operation} />
        </p>
      )}
      {view.operation === null && !changesNothing(plan.rows) && (
        <p>
          {estimateSeconds === null ? t("plan.estimateUnknown") : t("plan.estimate", { time: spokenDuration(estimateSeconds, language) })}
        </p>
      )}
    </Panel>
  );
}

function CapacityMeter({ row }: { readonly row: Headroom }) {
  const { t } = useTranslation();
  const { unit, show } = shownUnit(row.unit, t);
  const label = t(`plan.headroomLine.${row.what}`, { before: show(row.before), after: show(row.after), limit: show(row.limit), unit });
  return <Meter label={label} value={Math.min(row.before, row.after)} limit={row.limit} added={Math.max(0, row.after - row.before)} />;
}

function WhatChanged({ view }: { readonly view: PlanView }) {
  const { t } = useTranslation();
  const count = specChangeLines(view.specChanges).length;
  return (
    <Panel>
      <Fold title={t("plan.specChanges")} summary={count === 0 ? t("plan.specChangesNone") : t("specChange.count", { count })}>
        <SpecChanges changes={view.specChanges} />
      </Fold>
    </Panel>
  );
}
