/** Tenants that one may see, found by a part of their names. */
import { Form, Link } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { TenantView } from "#app/services/portal.ts";
import type { TenantListPage } from "#app/services/portal-lists.ts";
import { TextField } from "#app/ui/field.tsx";
import { Heading } from "#app/ui/heading.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { Records } from "#app/ui/records.tsx";
import { AsJson } from "#app/components/shell/as-json.tsx";
import { Submit } from "#app/components/shell/link-button.tsx";
import { ListPages } from "#app/components/shell/list-pages.tsx";
import { Moment } from "#app/components/text/timestamp.tsx";
import { dashboardPath, tenantPath } from "#app/components/shell/paths.ts";
import { Trail } from "#app/components/shell/breadcrumbs.tsx";

export function TenantList({ page, query }: { readonly page: TenantListPage; readonly query: string }) {
  const { t } = useTranslation();
  const { tenants } = page;
  return (
    <>
      <Heading trail={<Trail stops={[{ label: t("shell.nav.dashboard"), to: dashboardPath }]} />} title={t("dashboard.tenants")} />
      <Panel title={t("tenants.count", { count: page.total })}>
        <Form method="get" role="search" className="b-narrowing">
          <TextField key={query} field={{ id: "q", name: "q", value: query, errors: [] }} label={t("tenants.part")} autoComplete="off" />
          <Submit weight="secondary">{t("search.action")}</Submit>
        </Form>
        {tenants.length === 0 ? (
          <p className="b-muted">{query === "" ? t("dashboard.noTenant") : t("search.none", { text: query })}</p>
        ) : (
          <TenantTable tenants={tenants} />
        )}
        <ListPages page={page} shown={tenants.length} cursor="after" list={t("dashboard.tenants")} />
      </Panel>
      <AsJson />
    </>
  );
}

function TenantTable({ tenants }: { readonly tenants: readonly TenantView[] }) {
  const { t } = useTranslation();
  const columns = [
    { name: t("dashboard.tenant"), cell: (one: TenantView) => <Link to={tenantPath(one.slug)}>{one.slug}</Link> },
    { name: t("tenants.role"), cell: (one: TenantView) => (one.role === null ? t("shell.account.operator") : t(`memberRole.${one.role}`)) },
    { name: t("dashboard.title"), cell: (one: TenantView) => one.clusters, digits: true },
    { name: t("word.created"), cell: (one: TenantView) => <Moment at={one.createdAt} /> },
  ];
  return <Records caption={t("dashboard.tenants")} columns={columns} rows={tenants} keyOf={(one) => one.id} />;
}
