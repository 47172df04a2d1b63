/** Drift of one cluster: what differs, since when, what repairing it would do, and the three things to do about it. */
import { messagesText } from "#app/messages/message-text.ts";
import { Form } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { ProblemDetail } from "#app/domain/problem.ts";
import type { DriftView } from "#app/services/drift/portal-drift.ts";
import { Empty } from "#app/ui/empty.tsx";
import { Heading } from "#app/ui/heading.tsx";
import { CheckCircleIcon, OutlinedFileIcon, SearchIcon } from "#app/ui/icons.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { AsJson } from "#app/components/shell/as-json.tsx";
import { DriftBadge } from "./drift-badge.tsx";
import { DriftRows, IgnoredRows } from "./drift-rows.tsx";
import { LinkButton, Submit } from "#app/components/shell/link-button.tsx";
import { Message } from "#app/components/text/messages.tsx";
import { Moment } from "#app/components/text/timestamp.tsx";
import { OnceKey } from "#app/components/shell/idempotency-key.tsx";
import { driftPath, operationPath } from "#app/components/shell/paths.ts";
import { ProblemMessage } from "#app/components/problems/problems.tsx";
import { ClusterTrail } from "#app/components/shell/breadcrumbs.tsx";
import { useRenewal } from "#app/components/live/use-renewal.ts";

export interface DriftPageProps {
  readonly view: DriftView;
  readonly once: string;
  readonly problem: ProblemDetail | null;
}

export function DriftPage({ view, once, problem }: DriftPageProps) {
  const { t } = useTranslation();
  const { cluster, looking } = view;
  useRenewal(looking ? 2000 : view.stale ? 5000 : null);
  const open = view.rows.filter((r) => r.open);
  return (
    <>
      <Heading
        trail={<ClusterTrail cluster={cluster} />}
        title={t("drift.title")}
        badge={<DriftBadge cluster={cluster} count={open.length} />}
        line={view.revision > 0 ? t("drift.line", { revision: view.revision }) : undefined}
        actions={<Actions view={view} once={once} />}
      />
      {problem !== null && <ProblemMessage problem={problem} />}
      <DriftSummary view={view} />
      {open.length > 0 && (
        <Panel title={t("drift.rows")}>
          <DriftRows rows={open} several={cluster.controlPlanes > 1} saved={cluster.power === "saved"} may={view.may} once={once} />
          {view.may.repair && <p className="b-muted">{t("drift.planLine")}</p>}
          {view.may.adopt && open.some((r) => r.adopt) && <p className="b-muted">{t("drift.adoptLine")}</p>}
        </Panel>
      )}
      {open.length === 0 && <Nothing view={view} />}
      <IgnoredRows rows={view.rows.filter((r) => !r.open)} may={view.may} />
      <p className="b-muted">
        <When view={view} />
      </p>
      <AsJson />
    </>
  );
}

function Actions({ view, once }: { readonly view: DriftView; readonly once: string }) {
  const { t } = useTranslation();
  const repairable = view.rows.filter((r) => r.open && r.repair === "plan");
  return (
    <>
      {view.may.repair && repairable.length > 0 && (
        <Form method="post">
          <OnceKey value={once} />
          <input type="hidden" name="intent" value="repair" />
          {repairable.map((r) => (
            <input key={r.id} type="hidden" name="id" value={r.id} />
          ))}
          <Submit>{t("drift.planAll", { count: repairable.length })}</Submit>
        </Form>
      )}
      {view.may.look && !view.looking && (
        <Form method="post">
          <input type="hidden" name="intent" value="look" />
          <Submit weight={view.at === null ? "primary" : "secondary"}>{t("drift.check")}</Submit>
        </Form>
      )}
    </>
  );
}

/** What to know before believing the rows. */
function DriftSummary({ view }: { readonly view: DriftView }) {
  const { t } = useTranslation();
  const { current } = view.cluster;
  const silent = view.sources.nodes === "silent" || view.sources.engine === "silent";
  return (
    <>
      {current !== null && (
        <Message tone="note" title={t("drift.busy")}>
          <LinkButton to={operationPath(current.id)} weight="link">
            {t("drift.follow")}
          </LinkButton>
        </Message>
      )}
      {view.looking && current === null && (
        <Message tone="note" title={t("drift.checking")} live>
          <LinkButton to={driftPath(view.cluster)} weight="link">
            {t("drift.reload")}
          </LinkButton>
        </Message>
      )}
      {view.trouble !== null && (
        <Message tone="bad" title={t("drift.trouble")}>
          {messagesText(view.trouble.reasons, t)} (<Moment at={view.trouble.at} />)
        </Message>
      )}
      {view.stale && !view.looking && current === null && (
        <Message tone="warning" title={t(view.everyMinutes === 0 ? "drift.staleUnasked" : "drift.stale")} />
      )}
      {silent && (
        <Message tone="warning" title={t("drift.silent")}>
          {view.sources.nodes === "silent" && <p>{t("drift.silentNodes")}</p>}
          {view.sources.engine === "silent" && <p>{t("drift.silentEngine")}</p>}
        </Message>
      )}
    </>
  );
}

function Nothing({ view }: { readonly view: DriftView }) {
  const { t } = useTranslation();
  if (!isAlive(view))
    return (
      <Empty title={t("drift.notAliveTitle")} icon={OutlinedFileIcon}>
        {t("drift.notAliveLine")}
      </Empty>
    );
  if (view.at === null && view.looking) return null;
  if (view.at === null)
    return (
      <Empty title={t("drift.neverTitle")} icon={SearchIcon}>
        {t("drift.neverLine")}
      </Empty>
    );
  if (view.rows.length > 0) return null;
  return (
    <Empty title={t("drift.noneTitle")} icon={CheckCircleIcon}>
      {t("drift.noneLine")}
    </Empty>
  );
}

const isAlive = ({ cluster }: DriftView): boolean =>
  cluster.liveRevision > 0 && (cluster.state === "ready" || cluster.state === "degraded");

function When({ view }: { readonly view: DriftView }) {
  const { t } = useTranslation();
  return (
    <>
      {view.at !== null && (
        <>
          {t("drift.checkedAt")} <Moment at={view.at} />
        </>
      )}
      {view.at !== null && isAlive(view) && " · "}
      {isAlive(view) && view.everyMinutes === 0 && t("drift.onDemand")}
      {view.nextAt !== null && (
        <>
          {t("drift.nextAt")} <Moment at={view.nextAt} />
        </>
      )}
    </>
  );
}
