/** One cluster: its state and next action first, then how to use it, what it is made of, what happened, and its end. */
import { hasApiServer } from "#app/domain/cluster/spec.ts";
import { Form, Link } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { planPurpose } from "#app/domain/operation/purpose.ts";
import type { ProblemDetail } from "#app/domain/problem.ts";
import type { ClusterPageView } from "#app/services/portal.ts";
import type { SeenMachines } from "#app/services/hosts/portal-nodes.ts";
import { Heading } from "#app/ui/heading.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { AccessCard } from "./access-card.tsx";
import { AsJson } from "#app/components/shell/as-json.tsx";
import { CertificatesCard } from "./certificates-card.tsx";
import { DriftBadge } from "#app/components/drift/drift-badge.tsx";
import { LinkButton, Submit } from "#app/components/shell/link-button.tsx";
import { ListPages } from "#app/components/shell/list-pages.tsx";
import { MachineTable } from "./machine-table.tsx";
import { Message } from "#app/components/text/messages.tsx";
import { Moment } from "#app/components/text/timestamp.tsx";
import { NodesTable, ServiceMachinesTable } from "./nodes-table.tsx";
import { OnceKey } from "#app/components/shell/idempotency-key.tsx";
import { OperationTable } from "#app/components/operations/operation-table.tsx";
import { driftPath, editPath, operationPath, planPath, receiptPath, revisionPath } from "#app/components/shell/paths.ts";
import { PlanRequests } from "./plan-requests.tsx";
import { ProblemMessage } from "#app/components/problems/problems.tsx";
import { PowerHoursCard } from "./power-hours-card.tsx";
import { RunningNow } from "#app/components/operations/running-now.tsx";
import { SpecFacts } from "./spec-facts.tsx";
import { ClusterBadge } from "#app/components/shell/states.tsx";
import { TenantTrail } from "#app/components/shell/breadcrumbs.tsx";
import { useLiveData } from "#app/components/live/use-live-data.ts";
import { useUrlChoice } from "#app/components/shell/use-search-param-state.ts";
import { ViewSwitch } from "#app/components/shell/view-switch.tsx";

export interface ClusterPageProps {
  readonly view: ClusterPageView;
  readonly machines: Promise<SeenMachines>;
  readonly once: string;
  readonly problem: ProblemDetail | null;
}

export function ClusterPage({ view, machines, once, problem }: ClusterPageProps) {
  const { t } = useTranslation();
  const { summary } = view;
  const { chosen, hrefOf } = useUrlChoice("tab", parts, "overview");
  useLiveData();
  return (
    <>
      <Heading
        trail={<TenantTrail tenant={summary.tenant} />}
        title={summary.name}
        badge={
          <>
            <ClusterBadge cluster={summary} />
            <DriftBadge cluster={summary} count={summary.differs} />
          </>
        }
        line={<ClusterLine view={view} />}
        actions={<NextActions view={view} once={once} />}
      />
      {problem !== null && <ProblemMessage problem={problem} />}
      <RunningNow operations={summary.current === null ? [] : [summary.current]} />
      {summary.expiresAt !== null && summary.current === null && (
        <Message tone="note" title={t("cluster.draftEnds")}>
          <Moment at={summary.expiresAt} />
        </Message>
      )}
      <Saved view={view} once={once} />
      {summary.power === "on" && <TakenPorts view={view} />}
      <Behind view={view} once={once} />
      <ViewSwitch
        label={t("cluster.parts", { cluster: summary.name })}
        choices={parts.map((value) => ({ value, label: t(`cluster.part.${value}`) }))}
        chosen={chosen}
        hrefOf={hrefOf}
        look="tabs"
      />
      {chosen === "overview" && <Overview view={view} machines={machines} once={once} problem={problem} />}
      {chosen === "operations" && <Operations view={view} />}
      {chosen === "specification" && <Specification view={view} />}
      <AsJson />
    </>
  );
}

/** Nothing answers at its addresses: the way to use it is to wake it. */
function Saved({ view: { summary, may, waitingPlan, nextPower }, once }: Pick<ClusterPageProps, "view" | "once">) {
  const { t } = useTranslation();
  if (summary.power !== "saved" || summary.state === "gone") return null;
  return (
    <Message tone="note" title={t("cluster.savedTitle")}>
      <p>{t("cluster.savedLine")}</p>
      {nextPower?.power === "on" && (
        <p>
          {t("powerHours.nextOn")} <Moment at={nextPower.at} />
        </p>
      )}
      {may.wake && <PowerForm intent="wake" weight={waitingPlan === null ? "primary" : "secondary"} once={once} />}
    </Message>
  );
}

/** The preview of a plan: nothing happens before it is approved. */
function PowerForm({
  intent,
  weight,
  once,
}: {
  readonly intent: "save" | "wake";
  readonly weight: "primary" | "secondary";
  readonly once: string;
}) {
  const { t } = useTranslation();
  return (
    <Form method="post">
      <OnceKey value={once} />
      <input type="hidden" name="intent" value={intent} />
      <Submit weight={weight}>{t(`cluster.${intent}`)}</Submit>
    </Form>
  );
}

/** Whoever follows an address of the cluster there would meet that program. */
function TakenPorts({ view: { takenPorts } }: { readonly view: ClusterPageView }) {
  const { t } = useTranslation();
  if (takenPorts.length === 0) return null;
  return (
    <Message tone="bad" title={t("cluster.takenTitle")}>
      <ul className="b-list">
        {takenPorts.map(({ port, holder }) => (
          <li key={port}>{holder === null ? t("cluster.silentPort", { port }) : t("cluster.takenPort", { port, holder })}</li>
        ))}
      </ul>
      <p>{t("cluster.takenWayOut")}</p>
    </Message>
  );
}

const parts = ["overview", "operations", "specification"] as const;

/** How it is, how to use it, and its end. */
function Overview({ view, machines, once, problem }: ClusterPageProps) {
  const { t } = useTranslation();
  const { summary } = view;
  const gone = summary.state === "gone";
  const entered = summary.state !== "draft" && (view.liveSpec ?? view.spec).authorizedKeys.length > 0;
  return (
    <>
      {!gone && hasApiServer(view.spec) && (
        <AccessCard
          cluster={summary}
          access={view.access}
          mayKubeconfig={view.may.kubeconfig}
          primary={summary.current === null && view.waitingPlan === null && !needsRepair(view) && summary.power === "on"}
        />
      )}
      {!gone && (
        <Panel
          title={t("cluster.nodes")}
          actions={
            summary.liveRevision > 0 && (
              <LinkButton to={driftPath(summary)} weight="link">
                {t("drift.open")}
              </LinkButton>
            )
          }
        >
          <NodesTable nodes={view.nodes} machines={machines} entered={entered} />
        </Panel>
      )}
      {!gone && view.serviceMachines !== undefined && (
        <Panel title={t("cluster.serviceMachines")}>
          <ServiceMachinesTable serviceMachines={view.serviceMachines} machines={machines} entered={entered} />
        </Panel>
      )}
      {view.summary.liveRevision > 0 && !gone && <PowerHoursCard view={view} once={once} problem={problem} />}
      {view.certificates !== null && <CertificatesCard certificates={view.certificates} mayRenew={view.may.renew} once={once} />}
      {gone && (
        <Panel title={t("cluster.spec")}>
          <SpecFacts spec={view.spec} />
        </Panel>
      )}
      <PlanRequests place="end" view={view} once={once} />
    </>
  );
}

/** What ran, and the plans that were made. */
function Operations({ view }: { readonly view: ClusterPageView }) {
  const { t } = useTranslation();
  return (
    <>
      <Panel title={t("cluster.operations")}>
        {view.operations.length === 0 ? (
          <p className="b-muted">{t("cluster.noOperations")}</p>
        ) : (
          <OperationTable operations={view.operations} />
        )}
      </Panel>
      <Panel title={t("cluster.plans")}>
        {view.planPage.total === 0 ? <p className="b-muted">{t("cluster.noOperations")}</p> : <PlanList view={view} />}
        <ListPages page={view.planPage} shown={view.plans.length} cursor="plansBefore" list={t("cluster.plans")} />
      </Panel>
    </>
  );
}

/** What it is made of, now and before. */
function Specification({ view }: { readonly view: ClusterPageView }) {
  const { t } = useTranslation();
  return (
    <>
      <div className="b-cards">
        <Panel title={t("cluster.spec")}>
          <SpecFacts spec={view.spec} state={view.state} />
        </Panel>
        <Panel title={t("cluster.revisions")}>
          <RevisionList view={view} />
          <ListPages page={view.revisionPage} shown={view.revisions.length} cursor="revisionsBefore" list={t("cluster.revisions")} />
        </Panel>
      </div>
      <Panel title={t("revision.machines")}>
        <MachineTable spec={view.spec} />
      </Panel>
    </>
  );
}

function ClusterLine({ view }: { readonly view: ClusterPageView }) {
  const { t } = useTranslation();
  const { summary } = view;
  if (summary.goneAt !== null) {
    return (
      <>
        {t(view.receipt === null ? "cluster.discardedLine" : "cluster.goneLine")} <Moment at={summary.goneAt} />
      </>
    );
  }
  return (
    <>
      {t("word.created")} <Moment at={summary.createdAt} />
      {summary.readyAt !== null && (
        <>
          {" · "}
          {t("cluster.readySince")} <Moment at={summary.readyAt} />
        </>
      )}
    </>
  );
}

/** It was up once, and the last operation did not finish: what is missing is what comes next. */
const needsRepair = ({ summary }: ClusterPageView): boolean =>
  summary.state === "degraded" && summary.liveRevision > 0 && summary.current === null;

/**
 * At most one primary button: follow what runs, else the plan that waits, else what has to be repaired; else using the cluster is
 * what comes next.
 */
function NextActions({ view, once }: { readonly view: ClusterPageView; readonly once: string }) {
  const { t } = useTranslation();
  const { summary, may } = view;
  if (view.receipt !== null)
    return (
      <LinkButton to={receiptPath(summary)} weight="primary">
        {t("cluster.receipt")}
      </LinkButton>
    );
  if (summary.current !== null)
    return (
      <LinkButton to={operationPath(summary.current.id)} weight="primary">
        {t("cluster.follow")}
      </LinkButton>
    );
  const waiting = view.waitingPlan;
  return (
    <>
      {waiting !== null && (
        <LinkButton to={planPath(summary, waiting)} weight="primary">
          {t("cluster.seePlan", { number: waiting })}
        </LinkButton>
      )}
      {waiting === null && needsRepair(view) && (
        <LinkButton to={driftPath(summary)} weight="primary">
          {t("cluster.seeDrift")}
        </LinkButton>
      )}
      <PlanRequests place="head" view={view} once={once} />
      {may.save && <PowerForm intent="save" weight="secondary" once={once} />}
      {may.wake && summary.power === "on" && <PowerForm intent="wake" weight="secondary" once={once} />}
      {may.edit && (
        <LinkButton to={editPath(summary)} weight="secondary">
          {t("cluster.edit")}
        </LinkButton>
      )}
    </>
  );
}

/** A revision that is written but not alive can be discarded. */
function Behind({ view, once }: { readonly view: ClusterPageView; readonly once: string }) {
  const { t } = useTranslation();
  const { summary, may } = view;
  if (!may.discard || summary.revision === summary.liveRevision) return null;
  return (
    <Message tone="note" title={t("cluster.behind", { revision: summary.revision })}>
      <Form method="post">
        <OnceKey value={once} />
        <input type="hidden" name="intent" value="discard" />
        <Submit weight="secondary">
          {summary.liveRevision === 0 ? t("cluster.discardDraft") : t("cluster.discard", { revision: summary.revision })}
        </Submit>
      </Form>
    </Message>
  );
}

function RevisionList({ view }: { readonly view: ClusterPageView }) {
  const { t } = useTranslation();
  const { summary } = view;
  return (
    <ul className="b-list">
      {view.revisions.map(({ revision, at }) => (
        <li key={revision} className="b-row b-between">
          <Link to={revisionPath(summary, revision)}>{t("cluster.revisionRow", { revision })}</Link>
          <span className="b-muted">
            {revision === summary.liveRevision && `${t("cluster.live")} · `}
            <Moment at={at} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function PlanList({ view }: { readonly view: ClusterPageView }) {
  const { t } = useTranslation();
  return (
    <ul className="b-list">
      {view.plans.map((plan) => (
        <li key={plan.id} className="b-row b-between">
          <Link to={planPath(view.summary, plan.number)}>{t("cluster.planRow", { number: plan.number })}</Link>
          <span className="b-muted">
            {t(`planPurpose.${planPurpose(plan)}`)}
            {plan.execution !== null && ` · ${t("cluster.planOperation", { state: t(`operationState.${plan.execution}.word`) })}`}
            {plan.execution === null &&
              plan.stale &&
              ` · ${t(view.summary.state === "gone" && view.receipt === null ? "cluster.planDiscarded" : "cluster.planStale")}`}
            {" · "}
            <Moment at={plan.createdAt} />
          </span>
        </li>
      ))}
    </ul>
  );
}
