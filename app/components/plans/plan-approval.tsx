/** The one button of a plan, named after what it does; a name to type where something would be lost. */
import { Form, Link } from "@remix-run/react";
import type { ReactNode } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { planKindOf } from "#app/domain/operation/kinds.ts";
import type { OperationSummary, PlanView } from "#app/services/portal.ts";
import { TextField } from "#app/ui/field.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { Submit } from "#app/components/shell/link-button.tsx";
import { Message } from "#app/components/text/messages.tsx";
import { OnceKey } from "#app/components/shell/idempotency-key.tsx";
import { titleOf } from "#app/components/operations/operation-title.ts";
import { operationPath } from "#app/components/shell/paths.ts";
import { planWords } from "./plan-words.ts";
import { useLiveData } from "#app/components/live/use-live-data.ts";

export function PlanApproval({ view, once }: { readonly view: PlanView; readonly once: string }) {
  const { t } = useTranslation();
  if (view.operation !== null || view.moved.length > 0) return null;
  if (!view.mayApprove && view.refusals.length > 0 && view.mayEdit) return <DiscardPanel view={view} once={once} />;
  if (!view.mayApprove)
    return view.cluster.current === null ? <p className="b-muted">{t("plan.noRight")}</p> : <Busy current={view.cluster.current} />;
  return (
    <ActionBar>
      <Form method="post" className="b-form">
        <OnceKey value={once} />
        <input type="hidden" name="hash" value={view.plan.hash} />
        {view.nameNeeded && (
          <TextField
            field={{ id: "typedName", name: "typedName", value: "", errors: [] }}
            label={t("plan.typeName", { name: view.cluster.name })}
            autoComplete="off"
            required
          />
        )}
        <Submit weight={weightOf(view)}>{planWords[view.plan.kind].button(view, t)}</Submit>
      </Form>
      {planKindOf(view.plan).makesRevisionLive && view.mayEdit && <Discard view={view} once={once} />}
    </ActionBar>
  );
}

/** Beside the rows where the screen is wide enough, else at the lower edge of the screen: one decides without scrolling to the end. */
function ActionBar({ children }: { readonly children: ReactNode }) {
  return (
    <div className="b-action-bar">
      <Panel>{children}</Panel>
    </div>
  );
}

/** Approving waits for another operation of the cluster. */
function Busy({ current }: { readonly current: OperationSummary }) {
  const { t } = useTranslation();
  useLiveData();
  return (
    <Message tone="note" title={t("plan.busy")} live>
      <Link to={operationPath(current.id)}>{titleOf(current, t)}</Link>
    </Message>
  );
}

/** To carry out a plan that changes nothing is allowed, and not what comes next. */
function weightOf({ plan }: PlanView): "danger" | "primary" | "secondary" {
  if (planKindOf(plan).removesCluster) return "danger";
  return plan.rows.every((row) => row.change === "same") && plan.fromRevision === plan.specRevision ? "secondary" : "primary";
}

function DiscardPanel({ view, once }: { readonly view: PlanView; readonly once: string }) {
  return (
    <ActionBar>
      <Discard view={view} once={once} />
    </ActionBar>
  );
}

function Discard({ view, once }: { readonly view: PlanView; readonly once: string }) {
  const { t } = useTranslation();
  const { cluster } = view;
  if (cluster.revision === cluster.liveRevision) return null;
  return (
    <Form method="post" className="b-form">
      <OnceKey value={once} />
      <input type="hidden" name="intent" value="discard" />
      <Submit weight="secondary">{t("plan.discard")}</Submit>
      <span className="b-field-help">{cluster.liveRevision === 0 ? t("plan.discardDraft") : t("plan.discardLine")}</span>
    </Form>
  );
}
