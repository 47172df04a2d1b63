/** Who has an account here, what they belong to, and the switch that lets them in or not. */
import { Form } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { PersonView } from "#app/services/people/portal-people.ts";
import { Badge } from "#app/ui/badge.tsx";
import { BanIcon, CheckCircleIcon } from "#app/ui/icons.tsx";
import { Records } from "#app/ui/records.tsx";
import { LinkButton, Submit } from "#app/components/shell/link-button.tsx";
import { Moment } from "#app/components/text/timestamp.tsx";
import { tenantPath } from "#app/components/shell/paths.ts";

export function PeopleTable({ people }: { readonly people: readonly PersonView[] }) {
  const { t } = useTranslation();
  const columns = [
    { name: t("people.person"), cell: (p: PersonView) => <strong>{p.name}</strong> },
    { name: t("people.rank"), cell: (p: PersonView) => (p.operator ? t("people.operator") : t("people.tenantPerson")) },
    { name: t("dashboard.tenants"), cell: (p: PersonView) => <TenantsOf person={p} /> },
    {
      name: t("people.lastSignIn"),
      cell: (p: PersonView) => (p.lastSignInAt === null ? t("people.neverYet") : <Moment at={p.lastSignInAt} />),
    },
    { name: t("word.state"), cell: (p: PersonView) => <PersonState person={p} /> },
    { name: t("people.actions"), cell: (p: PersonView) => <Switch person={p} /> },
  ];
  return <Records caption={t("people.everybody")} columns={columns} rows={people} keyOf={(p) => p.id} />;
}

function TenantsOf({ person }: { readonly person: PersonView }) {
  const { t } = useTranslation();
  if (person.tenants.length === 0) return t("word.none");
  return (
    <ul className="b-list">
      {person.tenants.map(({ slug, role }) => (
        <li key={slug}>
          <LinkButton to={tenantPath(slug)} weight="link" inline>
            {slug}
          </LinkButton>{" "}
          <span className="b-muted">{t(`memberRole.${role}`)}</span>
        </li>
      ))}
      {person.tenantCount > person.tenants.length && (
        <li className="b-muted">{t("people.moreTenants", { count: person.tenantCount - person.tenants.length })}</li>
      )}
    </ul>
  );
}

function PersonState({ person }: { readonly person: PersonView }) {
  const { t } = useTranslation();
  if (person.disabledAt === null) {
    return (
      <Badge tone="good" icon={CheckCircleIcon}>
        {t("people.enabled")}
      </Badge>
    );
  }
  return (
    <span className="b-row">
      <Badge tone="quiet" icon={BanIcon}>
        {t("people.disabled")}
      </Badge>
      <Moment at={person.disabledAt} />
    </span>
  );
}

function Switch({ person }: { readonly person: PersonView }) {
  const { t } = useTranslation();
  const { may, name } = person;
  if (!may.disable && !may.enable) return <span className="b-muted">{t("people.you")}</span>;
  return (
    <Form method="post">
      <input type="hidden" name="intent" value={may.disable ? "disable" : "enable"} />
      <Submit
        weight="secondary"
        name="id"
        value={person.id}
        label={may.disable ? t("people.disableNamed", { name }) : t("people.enableNamed", { name })}
      >
        {may.disable ? t("people.disable") : t("people.enable")}
      </Submit>
    </Form>
  );
}
