/** One operation, live and for ever after: phases, the plan's rows turned into progress, output, and the way on. */
import { Form, Link, useLocation, useRevalidator } from "@remix-run/react";
import { useEffect, useRef, useState, type ReactNode, type RefObject } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { kindOf } from "#app/domain/operation/kinds.ts";
import type { OperationState } from "#app/domain/operation/operation.ts";
import type { Progress } from "#app/domain/operation/progress.ts";
import type { ProblemDetail } from "#app/domain/problem.ts";
import { messagesText } from "#app/messages/message-text.ts";
import type { OperationPageView } from "#app/services/portal.ts";
import { Heading } from "#app/ui/heading.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { AsJson } from "#app/components/shell/as-json.tsx";
import { ConnectionBanner } from "#app/components/operations/connection-banner.tsx";
import { FailureCard } from "./failure-card.tsx";
import { LinkButton, Submit } from "#app/components/shell/link-button.tsx";
import { Message } from "#app/components/text/messages.tsx";
import { Moment } from "#app/components/text/timestamp.tsx";
import { Notices } from "#app/components/problems/notices.tsx";
import { OnceKey } from "#app/components/shell/idempotency-key.tsx";
import { OperationAlerts, Recoveries } from "./operation-alerts.tsx";
import { OperationTime } from "./operation-time.tsx";
import { titleOf } from "./operation-title.ts";
import { OutputPane } from "./output-pane.tsx";
import { clusterPath, receiptPath } from "#app/components/shell/paths.ts";
import { PhaseStepper } from "./phase-stepper.tsx";
import { PreviewOutcome, PreviewOutput } from "#app/components/operations/preview-outcome.tsx";
import { ProblemMessage } from "#app/components/problems/problems.tsx";
import { OperationBadge } from "#app/components/shell/states.tsx";
import { StepsView, useStepsView } from "./steps-view.tsx";
import { ClusterTrail } from "#app/components/shell/breadcrumbs.tsx";
import { useOperationStream } from "#app/components/live/use-operation-stream.ts";
import { useRenewal } from "#app/components/live/use-renewal.ts";

export interface OperationPageProps {
  readonly operation: OperationPageView;
  readonly once: string;
  readonly problem: ProblemDetail | null;
}

export function OperationPage({ operation, once, problem }: OperationPageProps) {
  const { t } = useTranslation();
  const { changesHost } = kindOf(operation);
  const { progress, connection, heardAt } = useOperationStream(operation.id, operation.progress, operation.head);
  useFreshRights(progress.state, operation.state);
  // The place in the queue, and whose turn it is, are not journalled. A portal that is away is not asked.
  useRenewal(connection === "open" && (progress.state === "queued" || progress.state === "interrupted") ? 5000 : null);
  return (
    <>
      <Heading
        trail={<ClusterTrail cluster={placeOf(operation)} />}
        title={titleOf(operation, t)}
        badge={<OperationBadge state={progress.state} />}
        line={<OperationLine operation={operation} progress={progress} />}
        actions={<Actions operation={operation} once={once} state={progress.state} />}
      />
      <Announcer state={progress.state} />
      {problem !== null && <ProblemMessage problem={problem} />}
      <ConnectionBanner connection={connection} heardAt={heardAt} />
      {!isFinal(progress.state) && <RefreshWithoutScript />}
      <OperationAlerts operation={operation} progress={progress} />
      {changesHost ? <Phases progress={progress} /> : <PreviewOutcome operation={operation} progress={progress} />}
      <Stopped progress={progress} operation={operation} once={once} />
      <Recoveries recoveries={progress.recoveries} />
      <Notices notices={progress.notices} />
      {changesHost ? (
        <Course operationId={operation.id} progress={progress} />
      ) : (
        <PreviewOutput operationId={operation.id} progress={progress} />
      )}
      <AsJson />
    </>
  );
}

function Phases({ progress }: { readonly progress: Progress }) {
  const { t } = useTranslation();
  return (
    <Panel title={t("operation.phases")}>
      <PhaseStepper progress={progress} />
    </Panel>
  );
}

/** Steps beside what they say. */
function Course({ operationId, progress }: { readonly operationId: string; readonly progress: Progress }) {
  const { t } = useTranslation();
  const { chosen } = useStepsView();
  const output = useFocusAt("output");
  return (
    <div className={chosen === "graph" ? "b-stack" : "b-columns b-columns-output"}>
      <StepsView
        title={t("operation.rows")}
        rows={progress.rows}
        outputs={progress.outputs}
        lead={progress.rows.length === 0 && <p className="b-muted">{t("operation.rowsEmpty")}</p>}
      />
      <div id="output" ref={output} tabIndex={-1} role="group" aria-label={t("operation.output")} className="b-output-panel">
        <Panel title={t("operation.output")}>
          <OutputPane operationId={operationId} progress={progress} />
        </Panel>
      </div>
    </div>
  );
}

/** A link to a place in the page takes the keyboard there, not only the screen. */
function useFocusAt(id: string): RefObject<HTMLDivElement> {
  const place = useRef<HTMLDivElement>(null);
  // Another object with every navigation, also with one to the same address.
  const location = useLocation();
  useEffect(() => {
    if (location.hash === `#${id}`) place.current?.focus({ preventScroll: true });
  }, [location, id]);
  return place;
}

const placeOf = (operation: OperationPageView) => ({ tenant: operation.tenant, name: operation.cluster });
const isFinal = (state: OperationState): boolean => state !== "queued" && state !== "running";

function OperationLine({ operation, progress }: { readonly operation: OperationPageView; readonly progress: Progress }) {
  const { t } = useTranslation();
  const timed = { ...operation, state: progress.state, startedAt: progress.startedAt ?? operation.startedAt, endedAt: progress.endedAt };
  return (
    <>
      <OperationTime operation={timed} />
      {" · "}
      <Moment at={operation.requestedAt} /> {t("operation.by", { name: operation.requestedBy })}
      {progress.attempts > 1 && ` · ${t("operation.tookAttempts", { count: progress.attempts })}`}
    </>
  );
}

type Acted = Pick<OperationPageProps, "operation" | "once">;

/** One primary button: what is sensible next in this state. */
function Actions({ operation, once, state }: Acted & { readonly state: OperationState }) {
  const { t } = useTranslation();
  if (!isFinal(state)) return <CancelButton operation={operation} once={once} />;
  if (state !== "succeeded") return <ToCluster operation={operation} weight="secondary" />;
  // A preview's way on is its plan, which stands in the page itself.
  if (!kindOf(operation).needsPlan && operation.planNumber !== null) return <ToCluster operation={operation} weight="secondary" />;
  if (!kindOf(operation).removesCluster) return <ToCluster operation={operation} weight="primary" />;
  return (
    <LinkButton to={receiptPath(placeOf(operation))} weight="primary">
      {t("operation.receipt")}
    </LinkButton>
  );
}

function ToCluster({ operation, weight }: { readonly operation: OperationPageView; readonly weight: "primary" | "secondary" }) {
  const { t } = useTranslation();
  return (
    <LinkButton to={clusterPath(placeOf(operation))} weight={weight}>
      {t("operation.toCluster", { cluster: operation.cluster })}
    </LinkButton>
  );
}

function CancelButton({ operation, once }: Acted) {
  const { t } = useTranslation();
  if (operation.cancelRequestedAt !== null) return <span className="b-muted">{t("operation.cancelAsked")}</span>;
  if (!operation.may.cancel) return null;
  return (
    <Intent name="cancel" once={once}>
      <Submit weight="secondary">{t("operation.cancel")}</Submit>
    </Intent>
  );
}

function Intent({ name, once, children }: { readonly name: "cancel" | "resume"; readonly once: string; readonly children: ReactNode }) {
  return (
    <Form method="post">
      <OnceKey value={`${once}-${name}`} />
      <input type="hidden" name="intent" value={name} />
      {children}
    </Form>
  );
}

/** Failed, cancelled or interrupted: the reason and the way on stand between phases and output. */
function Stopped({ progress, operation, once }: Acted & { readonly progress: Progress }) {
  const { t } = useTranslation();
  const resume = operation.may.resume && (
    <Intent name="resume" once={once}>
      <Submit>{t("operation.resume")}</Submit>
    </Intent>
  );
  if (progress.failure !== null && progress.state === "failed") {
    return (
      <FailureCard failure={progress.failure} resumes={kindOf(operation).resumesAfterEnd}>
        {resume}
      </FailureCard>
    );
  }
  if (progress.state === "interrupted") {
    return (
      <Message tone="warning" title={t("operation.interruptedTitle")}>
        <p>{operation.turn === null ? t("operation.interruptedLine") : t(`turn.${operation.turn}.line`)}</p>
        {progress.reasons.length > 0 && <p>{messagesText(progress.reasons, t)}</p>}
        <div className="b-actions">
          {resume}
          <CancelButton operation={operation} once={once} />
        </div>
      </Message>
    );
  }
  if (progress.state !== "cancelled" && progress.state !== "failed") return null;
  return (
    <Message tone="warning" title={t(`operationState.${progress.state}.hint`)}>
      {progress.reasons.length > 0 && <p>{messagesText(progress.reasons, t)}</p>}
      {resume}
    </Message>
  );
}

/** What a person may do depends on the state; when that moves, the loader is asked again. */
function useFreshRights(state: OperationState, loaded: OperationState): void {
  const revalidator = useRevalidator();
  const latest = useRef(revalidator);
  latest.current = revalidator;
  useEffect(() => {
    if (state !== loaded) latest.current.revalidate();
  }, [state, loaded]);
}

/** Says a change of state aloud, once; nothing on the first paint. */
function Announcer({ state }: { readonly state: OperationState }) {
  const { t } = useTranslation();
  const [first] = useState(state);
  return (
    <p className="pf-v6-screen-reader" role="status">
      {state === first ? "" : t("operation.live", { state: t(`operationState.${state}.word`) })}
    </p>
  );
}

function RefreshWithoutScript() {
  const { t } = useTranslation();
  return (
    <noscript>
      <p className="b-muted">
        {t("operation.noScript")} <Link to="">{t("operation.renew")}</Link>
      </p>
    </noscript>
  );
}
