/** A person's first page: the account behind a one-time link. */
import { Form } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { ProblemDetail } from "#app/domain/problem.ts";
import { Empty } from "#app/ui/empty.tsx";
import { TextField } from "#app/ui/field.tsx";
import { Heading } from "#app/ui/heading.tsx";
import { OutlinedClockIcon } from "#app/ui/icons.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { fieldState } from "#app/components/shell/field-state.ts";
import { LinkButton, Submit } from "#app/components/shell/link-button.tsx";
import { ProblemMessage } from "#app/components/problems/problems.tsx";

export function JoinForm({ operator, problem }: { readonly operator: boolean; readonly problem: ProblemDetail | null }) {
  const { t } = useTranslation();
  return (
    <div className="b-narrow">
      <Heading title={t("join.title")} line={operator ? t("join.operatorLine") : t("join.line")} />
      <Panel>
        {problem !== null && <ProblemMessage problem={problem} marked={["name", "password"]} />}
        <Form method="post" className="b-form">
          <TextField
            field={fieldState("name", problem, t)}
            label={t("join.name")}
            help={t("join.nameHelp")}
            autoComplete="username"
            required
            autoFocus
          />
          <TextField
            field={fieldState("password", problem, t)}
            label={t("join.password")}
            help={t("join.passwordHelp")}
            type="password"
            autoComplete="new-password"
            required
          />
          <Submit>{t("join.action")}</Submit>
        </Form>
      </Panel>
    </div>
  );
}

export function LinkOver() {
  const { t } = useTranslation();
  return (
    <Empty title={t("join.over")} icon={OutlinedClockIcon} level="h1">
      <div className="b-stack">
        <p>{t("join.overLine")}</p>
        <div>
          <LinkButton to="/sign-in">{t("shell.account.signIn")}</LinkButton>
        </div>
      </div>
    </Empty>
  );
}
