/** What stands on a preview's page instead of phases and steps: a preview does nothing, its plan is all there is to see. */
import { useNavigate } from "@remix-run/react";
import { useEffect, useState } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { Progress } from "#app/domain/operation/progress.ts";
import type { OperationPageView } from "#app/services/portal.ts";
import { Panel } from "#app/ui/panel.tsx";
import { LinkButton } from "#app/components/shell/link-button.tsx";
import { OutputPane } from "#app/components/operations/output-pane.tsx";
import { planPath } from "#app/components/shell/paths.ts";

export function PreviewOutcome({ operation, progress }: { readonly operation: OperationPageView; readonly progress: Progress }) {
  const plan = progress.state === "succeeded" && operation.planNumber !== null ? operation.planNumber : null;
  const path = plan === null ? null : planPath({ tenant: operation.tenant, name: operation.cluster }, plan);
  useFollow(path);
  if (progress.state === "queued" || progress.state === "running" || (progress.state === "succeeded" && path === null))
    return <Making begun={progress.state !== "queued"} />;
  return path === null ? null : <Ready path={path} number={plan ?? 0} />;
}

function Making({ begun }: { readonly begun: boolean }) {
  const { t } = useTranslation();
  return (
    <Panel title={t(begun ? "operation.previewMaking" : "operation.previewQueued")} tone="active">
      <p>{t("operation.previewMakingLine")}</p>
    </Panel>
  );
}

function Ready({ path, number }: { readonly path: string; readonly number: number }) {
  const { t } = useTranslation();
  return (
    <Panel title={t("operation.previewReady", { number })} tone="good">
      <p>{t("operation.previewReadyLine")}</p>
      <div className="b-actions">
        <LinkButton to={path} weight="primary">
          {t("operation.seePlan", { number })}
        </LinkButton>
      </div>
    </Panel>
  );
}

/** Whoever watched the plan being made is led to it; whoever comes later, or comes back, decides. */
function useFollow(path: string | null): void {
  const navigate = useNavigate();
  const [watched] = useState(path === null);
  useEffect(() => {
    if (watched && path !== null) navigate(path);
  }, [watched, path, navigate]);
}

/** Only where there is something to read: most previews say nothing. */
export function PreviewOutput({ operationId, progress }: { readonly operationId: string; readonly progress: Progress }) {
  const { t } = useTranslation();
  if (progress.outputs.length === 0) return null;
  return (
    <Panel title={t("operation.output")}>
      <OutputPane operationId={operationId} progress={progress} />
    </Panel>
  );
}
