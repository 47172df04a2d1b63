/** Steps of set-up with state, time and output; a failed one names what fixes it. */
import type { ComponentType } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { StoredMessage } from "#app/domain/message/message.ts";
import type { SetupStepView } from "#app/domain/setup.ts";
import { messagesText, messageText } from "#app/messages/message-text.ts";
import { clockOf } from "#app/ui/amounts.ts";
import { Fold } from "#app/ui/fold.tsx";
import { CheckCircleIcon, ExclamationCircleIcon, InProgressIcon, OutlinedClockIcon } from "#app/ui/icons.tsx";
import { useNow } from "#app/ui/time/now.tsx";
import { Copyable } from "#app/components/shell/copying.tsx";

type StepStateName = SetupStepView["step"]["state"];

const looks: Readonly<Record<StepStateName, { readonly icon: ComponentType; readonly tone: string }>> = {
  waiting: { icon: OutlinedClockIcon, tone: "quiet" },
  running: { icon: InProgressIcon, tone: "active" },
  done: { icon: CheckCircleIcon, tone: "good" },
  failed: { icon: ExclamationCircleIcon, tone: "bad" },
};

export function SetupSteps({ steps, detailed }: { readonly steps: readonly SetupStepView[]; readonly detailed: boolean }) {
  return (
    <ol className="b-steps">
      {steps.map((view) => (
        <SetupStep key={view.id} view={view} detailed={detailed} />
      ))}
    </ol>
  );
}

function SetupStep({ view, detailed }: { readonly view: SetupStepView; readonly detailed: boolean }) {
  const { t } = useTranslation();
  const { icon: Icon, tone } = looks[view.step.state];
  return (
    <li className="b-step">
      <span className={`b-step-icon b-tone-${tone}`}>
        <Icon />
      </span>
      <div className="b-stack-tight">
        <span>
          <strong>{t(`setupStep.${view.id}.name`)}</strong>
          <span className="b-field-help">{t(`setupStep.${view.id}.line`)}</span>
        </span>
        {view.step.state === "done" && <span className="b-small">{messagesText(view.step.outcome, t)}</span>}
        {view.step.state === "failed" && <SetupFix reason={messagesText(view.step.reasons, t)} fix={view.step.fix} />}
        {detailed && view.notes !== undefined && view.notes.length > 0 && <Notes view={view} notes={view.notes} />}
        {detailed && view.tail.length > 0 && <Tail view={view} />}
      </div>
      <span className="b-step-word">
        {t(`setupState.${view.step.state}`)}
        {" · "}
        <StepTime view={view} />
      </span>
    </li>
  );
}

function SetupFix({ reason, fix }: { readonly reason: string; readonly fix: StoredMessage }) {
  const { t } = useTranslation();
  // A command can be copied without the words around it.
  const command = fix.code === "run-command" ? String(fix.params.command) : null;
  return (
    <>
      <span className="b-bad-text">{reason}</span>
      <span>
        {command === null ? (
          t("setup.fix", { what: messageText(fix, t) })
        ) : (
          <>
            {t("setup.fixByCommand")} <Copyable text={command} what={t("setup.commandWhat")} />
          </>
        )}
      </span>
    </>
  );
}

/** Once a step is done its outcome says the same in short. */
function Notes({ view, notes }: { readonly view: SetupStepView; readonly notes: readonly StoredMessage[] }) {
  const { t } = useTranslation();
  return (
    <Fold title={t("setup.parts")} open={view.step.state === "running"}>
      <ul className="b-list">
        {notes.map((note) => (
          <li key={JSON.stringify(note)}>{messageText(note, t)}</li>
        ))}
      </ul>
    </Fold>
  );
}

function Tail({ view }: { readonly view: SetupStepView }) {
  const { t } = useTranslation();
  const name = t("setup.output", { step: t(`setupStep.${view.id}.name`) });
  return (
    <Fold title={name} open={view.step.state === "failed"}>
      <pre className="b-console b-console-short" tabIndex={0} role="region" aria-label={name}>
        {view.tail.join("\n")}
      </pre>
    </Fold>
  );
}

function StepTime({ view }: { readonly view: SetupStepView }) {
  const { t } = useTranslation();
  const now = useNow(1000);
  const estimate = t("setup.about", { time: clockOf(view.estimateSeconds) });
  const { step } = view;
  switch (step.state) {
    case "waiting":
      return <span className="b-digits">{estimate}</span>;
    case "running":
      return (
        <span className="b-digits">
          {t("setup.runningFor", { time: clockOf((now - step.startedAt) / 1000), estimate: clockOf(view.estimateSeconds) })}
        </span>
      );
    case "done":
    case "failed":
      return <span className="b-digits">{t("setup.took", { time: clockOf((step.endedAt - step.startedAt) / 1000) })}</span>;
  }
}
