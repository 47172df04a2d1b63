/** Why an operation stopped: what, where, the last lines, the likely cause, and the way on. */
import type { ReactNode } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import { messagesText } from "#app/messages/message-text.ts";
import { Panel } from "#app/ui/panel.tsx";

/** What cannot be resumed is asked again. */
export function FailureCard({
  failure,
  resumes,
  children,
}: {
  readonly failure: Failure;
  readonly resumes: boolean;
  readonly children: ReactNode;
}) {
  const { t } = useTranslation();
  const where = [failure.machine, failure.phase === null ? null : t(`phase.${failure.phase}`), failure.step].filter(
    (part) => part !== null,
  );
  const last = t("operation.failureLast");
  return (
    <Panel
      tone="bad"
      title={where.length === 0 ? t("operation.failureTitleAny") : t("operation.failureTitle", { where: where.join(" · ") })}
    >
      <p>
        <strong>{t(`cause.${failure.cause}`)}</strong>
      </p>
      <p>
        {t("operation.failureSaid")}: {messagesText(failure.reasons, t)}
      </p>
      {failure.lastOutput.length > 0 && (
        <div className="b-group">
          <h3>{last}</h3>
          <pre className="b-console b-console-short" tabIndex={0} role="region" aria-label={last}>
            {failure.lastOutput.join("\n")}
          </pre>
        </div>
      )}
      <p>
        <strong>{t("operation.failureNext")}:</strong> {resumes ? t(`nextAction.${failure.next}`) : t(`nextPreview.${failure.next}`)}
      </p>
      <div className="b-actions">{children}</div>
    </Panel>
  );
}
