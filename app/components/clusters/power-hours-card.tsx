/** The hours of the week in which a cluster is on, when they change its power next, and the way to others. */
import { Form } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { hoursText } from "#app/domain/power/power-hours.ts";
import type { ClusterPageView } from "#app/services/portal.ts";
import { Panel } from "#app/ui/panel.tsx";
import { OnceKey } from "#app/components/shell/idempotency-key.tsx";
import { Submit } from "#app/components/shell/link-button.tsx";
import { Moment } from "#app/components/text/timestamp.tsx";
import { TextField } from "#app/ui/field.tsx";
import { fieldState } from "#app/components/shell/field-state.ts";
import type { ProblemDetail } from "#app/domain/problem.ts";

export interface PowerHoursCardProps {
  readonly view: ClusterPageView;
  readonly once: string;
  readonly problem: ProblemDetail | null;
}

export function PowerHoursCard({ view, once, problem }: PowerHoursCardProps) {
  const { t } = useTranslation();
  const { nextPower, proposedHours } = view;
  const hours = (view.liveSpec ?? view.spec).powerHours;
  return (
    <Panel title={t("powerHours.title")}>
      {hours === undefined ? (
        <p className="b-muted">{t("powerHours.none")}</p>
      ) : (
        <p>
          <code>{hoursText(hours)}</code>
        </p>
      )}
      {nextPower !== null && (
        <p>
          {t(nextPower.power === "on" ? "powerHours.nextOn" : "powerHours.nextSaved")} <Moment at={nextPower.at} />
        </p>
      )}
      {view.may.edit && (
        <Form method="post">
          <OnceKey value={once} />
          <input type="hidden" name="intent" value="hours" />
          <TextField
            field={{ ...fieldState("hours", problem, t), value: hours === undefined ? proposedHours : hoursText(hours) }}
            label={t("powerHours.label")}
            help={t("powerHours.help")}
          />
          <Submit weight="secondary">{t("powerHours.preview")}</Submit>
        </Form>
      )}
    </Panel>
  );
}
