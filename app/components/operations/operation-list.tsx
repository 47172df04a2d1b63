/** Everything that ran: kept, and each can be replayed. */
import { Form, useSubmit } from "@remix-run/react";
import type { FormEvent } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { operationFilters, type OperationFilterName } from "#app/domain/operation/operation.ts";
import type { OperationPage } from "#app/services/portal-lists.ts";
import { Empty } from "#app/ui/empty.tsx";
import { SelectField, TextField } from "#app/ui/field.tsx";
import { Heading } from "#app/ui/heading.tsx";
import { OutlinedClockIcon } from "#app/ui/icons.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { AsJson } from "#app/components/shell/as-json.tsx";
import { Submit } from "#app/components/shell/link-button.tsx";
import { ListPages } from "#app/components/shell/list-pages.tsx";
import { OperationTable } from "./operation-table.tsx";
import { useLiveData } from "#app/components/live/use-live-data.ts";

export interface OperationListProps {
  readonly page: OperationPage;
  /** Null: there are too many to choose from, and a name is typed. */
  readonly tenants: readonly string[] | null;
  /** Empty: of every state; of every tenant. */
  readonly state: OperationFilterName | "";
  readonly tenant: string;
}

export function OperationList(props: OperationListProps) {
  const { page, state, tenant } = props;
  const { operations, total } = page;
  const { t } = useTranslation();
  useLiveData();
  const narrowed = state !== "" || tenant !== "";
  return (
    <>
      <Heading title={t("operation.listTitle")} line={t("operation.listEmptyLine")} />
      <Panel>
        <Narrowing {...props} />
        <p className="b-muted">{t("operation.total", { count: total })}</p>
        {operations.length === 0 ? (
          <Empty title={narrowed ? t("operation.listNone") : t("operation.listEmpty")} icon={OutlinedClockIcon} />
        ) : (
          <OperationTable operations={operations} />
        )}
        <ListPages page={page} shown={operations.length} cursor="before" list={t("operation.listTitle")} />
      </Panel>
      <AsJson />
    </>
  );
}

/** A choice takes effect at once; what is typed, when it is sent. Without scripts the button does both. */
function Narrowing({ tenants, state, tenant }: OperationListProps) {
  const { t } = useTranslation();
  const submit = useSubmit();
  const states = [
    { value: "", label: t("operation.everyState") },
    ...operationFilters.map((value) => ({
      value,
      label: value === "unfinished" ? t("operation.unfinished") : t(`operationState.${value}.word`),
    })),
  ];
  const onChange = (event: FormEvent<HTMLFormElement>) => {
    if (event.target instanceof HTMLSelectElement) submit(event.currentTarget, { replace: true });
  };
  const button = <Submit weight="secondary">{t("operation.narrow")}</Submit>;
  return (
    <Form method="get" className="b-narrowing" onChange={onChange}>
      <SelectField field={{ id: "state", name: "state", value: state, errors: [] }} label={t("operation.listState")} choices={states} />
      {tenants === null ? (
        <TextField
          key={tenant}
          field={{ id: "tenant", name: "tenant", value: tenant, errors: [] }}
          label={t("dashboard.tenant")}
          autoComplete="off"
        />
      ) : (
        <TenantChoice tenants={tenants} tenant={tenant} />
      )}
      {tenants === null ? button : <noscript>{button}</noscript>}
    </Form>
  );
}

/** A tenant that the address names is among the choices, whether it exists or not: the list is narrowed by it. */
function TenantChoice({ tenants, tenant }: { readonly tenants: readonly string[]; readonly tenant: string }) {
  const { t } = useTranslation();
  const others = tenant === "" || tenants.includes(tenant) ? [] : [tenant];
  if (tenants.length < 2 && others.length === 0) return null;
  const choices = [{ value: "", label: t("operation.everyTenant") }, ...[...tenants, ...others].map((value) => ({ value, label: value }))];
  return (
    <SelectField field={{ id: "tenant", name: "tenant", value: tenant, errors: [] }} label={t("dashboard.tenant")} choices={choices} />
  );
}
