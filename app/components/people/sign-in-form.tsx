/** Name and password. Nothing tells whether the name exists. */
import { Form } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { ProblemDetail } from "#app/domain/problem.ts";
import { TextField } from "#app/ui/field.tsx";
import { Heading } from "#app/ui/heading.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { fieldState } from "#app/components/shell/field-state.ts";
import { Submit } from "#app/components/shell/link-button.tsx";
import { ProblemMessage } from "#app/components/problems/problems.tsx";

export function SignInForm({ next, problem }: { readonly next: string; readonly problem: ProblemDetail | null }) {
  const { t } = useTranslation();
  return (
    <div className="b-narrow">
      <Heading title={t("signIn.title")} line={t("signIn.line")} />
      <Panel>
        {problem !== null && <ProblemMessage problem={problem} marked={["name", "password"]} />}
        <Form method="post" className="b-form">
          <input type="hidden" name="next" value={next} />
          <TextField field={fieldState("name", problem, t)} label={t("signIn.name")} autoComplete="username" required autoFocus />
          <TextField
            field={fieldState("password", problem, t)}
            label={t("signIn.password")}
            type="password"
            autoComplete="current-password"
            required
          />
          <Submit>{t("signIn.action")}</Submit>
        </Form>
      </Panel>
      <p className="b-muted b-small">{t("signIn.noAccount")}</p>
    </div>
  );
}
