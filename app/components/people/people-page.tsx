/** Tokens of the person who looks; for operators invitations and tenants. Secrets are shown in the answer and never again. */
import { Form } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { ProblemDetail } from "#app/domain/problem.ts";
import type { TenantView } from "#app/services/portal.ts";
import type { PersonListPage } from "#app/services/portal-lists.ts";
import type { TokenView } from "#app/services/people/portal-people.ts";
import { ErrorSummary } from "#app/ui/error-summary.tsx";
import { SelectField, TextField } from "#app/ui/field.tsx";
import { Heading } from "#app/ui/heading.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { Records } from "#app/ui/records.tsx";
import { AsJson } from "#app/components/shell/as-json.tsx";
import { Copyable } from "#app/components/shell/copying.tsx";
import { errorList, fieldState } from "#app/components/shell/field-state.ts";
import { LinkButton, Submit } from "#app/components/shell/link-button.tsx";
import { ListPages } from "#app/components/shell/list-pages.tsx";
import { Message } from "#app/components/text/messages.tsx";
import { Moment } from "#app/components/text/timestamp.tsx";
import { OnceKey } from "#app/components/shell/idempotency-key.tsx";
import { tenantPath } from "#app/components/shell/paths.ts";
import { PeopleTable } from "./people-table.tsx";
import { ProblemMessage } from "#app/components/problems/problems.tsx";

export type PeopleOutcome =
  | { readonly kind: "token"; readonly token: TokenView; readonly secret: string }
  | { readonly kind: "invite"; readonly link: string; readonly expiresAt: number }
  | { readonly kind: "tenant"; readonly tenant: TenantView }
  | { readonly kind: "revoked" };

export interface PeoplePageProps {
  readonly tokens: readonly TokenView[];
  /** Null for who is no operator. */
  readonly people: PersonListPage | null;
  readonly once: string;
  readonly problem: ProblemDetail | null;
  readonly outcome: PeopleOutcome | null;
}

export function PeoplePage({ tokens, people, once, problem, outcome }: PeoplePageProps) {
  const { t } = useTranslation();
  const operator = people !== null;
  return (
    <>
      <Heading title={operator ? t("people.title") : t("people.tokens")} />
      {problem !== null && <ProblemMessage problem={problem} marked={["label", "days", "slug"]} />}
      <ErrorSummary
        key={JSON.stringify(problem)}
        title={() => t("problem.invalidFields")}
        errors={errorList(problem, t)}
        sent={1}
        fixed=""
      />
      {outcome !== null && <Made outcome={outcome} />}
      {people !== null && (
        <Panel title={t("people.count", { count: people.total })}>
          <PeopleTable people={people.people} />
          <ListPages page={people} shown={people.people.length} cursor="after" list={t("people.everybody")} />
        </Panel>
      )}
      {operator && (
        <div className="b-cards">
          <InviteForm once={once} />
          <TenantForm problem={problem} once={once} />
        </div>
      )}
      <Panel title={t("people.tokens")}>
        <p className="b-muted">{t("people.tokensLine")}</p>
        {tokens.length === 0 ? <p>{t("people.noTokens")}</p> : <TokenTable tokens={tokens} />}
        <TokenForm problem={problem} once={once} />
      </Panel>
      <AsJson to={operator ? "/people" : "/people/tokens"} />
    </>
  );
}

function Made({ outcome }: { readonly outcome: PeopleOutcome }) {
  const { t } = useTranslation();
  switch (outcome.kind) {
    case "token":
      return (
        <Message tone="good" title={t("people.tokenMade", { label: outcome.token.label })} live>
          <p>{t("people.tokenOnce")}</p>
          <Copyable text={outcome.secret} what={t("people.tokenWhat")} />
        </Message>
      );
    case "invite":
      return (
        <Message tone="good" title={t("people.linkMade")} live>
          <p>{t("people.linkOnce")}</p>
          <Copyable text={outcome.link} what={t("people.linkWhat")} />
          <p>
            {t("people.linkExpires")} <Moment at={outcome.expiresAt} />
          </p>
        </Message>
      );
    case "tenant":
      return (
        <Message tone="good" title={t("people.tenantMade", { tenant: outcome.tenant.slug })} live>
          <LinkButton to={tenantPath(outcome.tenant.slug)} weight="link">
            {t("people.openTenant", { tenant: outcome.tenant.slug })}
          </LinkButton>
        </Message>
      );
    case "revoked":
      return null;
  }
}

function TokenTable({ tokens }: { readonly tokens: readonly TokenView[] }) {
  const { t } = useTranslation();
  const columns = [
    { name: t("people.label"), cell: (token: TokenView) => token.label },
    { name: t("people.created"), cell: (token: TokenView) => <Moment at={token.createdAt} /> },
    {
      name: t("people.expires"),
      cell: (token: TokenView) => (token.expiresAt === null ? t("people.never") : <Moment at={token.expiresAt} />),
    },
    { name: t("people.actions"), cell: (token: TokenView) => <Revoke token={token} /> },
  ];
  return <Records caption={t("people.tokens")} columns={columns} rows={tokens} keyOf={(token) => token.id} />;
}

function Revoke({ token }: { readonly token: TokenView }) {
  const { t } = useTranslation();
  return (
    <Form method="post">
      <input type="hidden" name="intent" value="revoke" />
      <Submit weight="secondary" name="id" value={token.id} label={t("people.revokeNamed", { label: token.label })}>
        {t("people.revoke")}
      </Submit>
    </Form>
  );
}

const lifetimes = [7, 30, 90, 365] as const;

interface AskedForm {
  readonly problem: ProblemDetail | null;
  readonly once: string;
}

function TokenForm({ problem, once }: AskedForm) {
  const { t } = useTranslation();
  const choices = [
    ...lifetimes.map((days) => ({ value: String(days), label: t("people.day", { count: days }) })),
    { value: "", label: t("people.never") },
  ];
  return (
    <Form method="post" className="b-form">
      <OnceKey value={once} />
      <input type="hidden" name="intent" value="token" />
      <div className="b-field-pair">
        <TextField field={fieldState("label", problem, t)} label={t("people.label")} required />
        <SelectField field={fieldState("days", problem, t, "90")} label={t("people.days")} choices={choices} />
      </div>
      <div>
        <Submit>{t("people.createToken")}</Submit>
      </div>
    </Form>
  );
}

function InviteForm({ once }: Pick<AskedForm, "once">) {
  const { t } = useTranslation();
  return (
    <Panel title={t("people.invite")}>
      <p className="b-muted">{t("people.inviteLine")}</p>
      <Form method="post" className="b-form">
        <OnceKey value={once} />
        <input type="hidden" name="intent" value="invite" />
        <label className="b-radio">
          <input type="checkbox" name="operator" />
          <span>{t("people.inviteOperator")}</span>
        </label>
        <div>
          <Submit weight="secondary">{t("people.makeLink")}</Submit>
        </div>
      </Form>
    </Panel>
  );
}

function TenantForm({ problem, once }: AskedForm) {
  const { t } = useTranslation();
  return (
    <Panel title={t("people.createTenant")}>
      <p className="b-muted">{t("people.tenantLine")}</p>
      <Form method="post" className="b-form">
        <OnceKey value={once} />
        <input type="hidden" name="intent" value="tenant" />
        <TextField field={fieldState("slug", problem, t)} label={t("people.tenantName")} required />
        <div>
          <Submit weight="secondary">{t("people.tenantAction")}</Submit>
        </div>
      </Form>
    </Panel>
  );
}
