/** Set-up as a page: what works now, each step, and what was found about this machine. */
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { Readiness, SetupState } from "#app/domain/setup.ts";
import { messagesText } from "#app/messages/message-text.ts";
import { Facts } from "#app/ui/facts.tsx";
import { Heading } from "#app/ui/heading.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { AsJson } from "#app/components/shell/as-json.tsx";
import { Copyable } from "#app/components/shell/copying.tsx";
import { Message } from "#app/components/text/messages.tsx";
import { Moment } from "#app/components/text/timestamp.tsx";
import { ReadinessLine } from "#app/components/hosts/readiness-line.tsx";
import { SetupSteps } from "./setup-steps.tsx";
import { useRenewal } from "#app/components/live/use-renewal.ts";

const doctorCommand = "npm run doctor";

export function SetupOverview({ state, readiness }: { readonly state: SetupState; readonly readiness: Readiness }) {
  const { t } = useTranslation();
  const open = readiness.waitingFor.length > 0;
  useRenewal(open ? 3000 : null);
  const failed = state.steps.some((view) => view.step.state === "failed");
  return (
    <>
      <Heading title={t("setup.title")} line={open ? t("setup.line") : t("setup.doneLine")} />
      {failed && <Message tone="bad" title={t("setup.failedLine")} />}
      <Panel
        title={t("setup.steps")}
        actions={
          <span className="b-muted b-small">
            {t("setup.updated")} <Moment at={state.updatedAt} />
          </span>
        }
      >
        <ReadinessLine readiness={readiness} />
        <SetupSteps steps={state.steps} detailed />
        <p className="b-row b-muted">
          {t("setup.doctor")} <Copyable text={doctorCommand} what={t("setup.commandWhat")} />
        </p>
      </Panel>
      <Verdicts state={state} />
      <AsJson />
    </>
  );
}

function Verdicts({ state }: { readonly state: SetupState }) {
  const { t } = useTranslation();
  const { hypervisor, accelerator } = state;
  const facts = [
    {
      term: t("setup.hypervisor"),
      value:
        hypervisor === null ? (
          t("setup.stillOpen")
        ) : (
          <Verdict
            word={hypervisor.mode === "system" ? t("setup.hypervisorSystem") : t("setup.hypervisorPrivate")}
            reason={messagesText(hypervisor.reasons, t)}
          />
        ),
    },
    {
      term: t("setup.accelerator"),
      value:
        accelerator === null ? (
          t("setup.stillOpen")
        ) : (
          <Verdict
            word={t(`setup.${accelerator.accelerator}`)}
            reason={
              accelerator.chosenBy === "setting"
                ? `${messagesText(accelerator.reasons, t)} (${t("setup.bySetting")})`
                : messagesText(accelerator.reasons, t)
            }
          />
        ),
    },
  ];
  return (
    <Panel title={t("setup.verdicts")}>
      <Facts facts={facts} />
    </Panel>
  );
}

function Verdict({ word, reason }: { readonly word: string; readonly reason: string }) {
  return (
    <>
      {word}
      <span className="b-field-help">{reason}</span>
    </>
  );
}
