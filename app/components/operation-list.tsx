/** Everything that ran: kept, and each can be replayed. */
import { Form, useSubmit } from "@remix-run/react";
import { useTranslation } from "#app/components/use-translation.ts";
import { operationFilters, type OperationFilterName } from "#app/domain/operation/operation.ts";
import type { OperationPage } from "#app/services/portal-lists.ts";
import { Empty } from "#app/ui/empty.tsx";
import { SelectField, TextField } from "#app/ui/field.tsx";
import { Heading } from "#app/ui/heading.tsx";
import { OutlinedClockIcon } from "#app/ui/icons.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { AsJson } from "./as-json.tsx";
import { Submit } from "./link-button.tsx";
import { ListPages } from "./list-pages.tsx";
import { OperationTable } from "./operation-table.tsx";
import { useLiveData } from "./use-live-data.ts";

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
        {operations.length === 0 ? <Empty title={narrowed ? t("operation.listNone") : t("operation.listEmpty")} icon={OutlinedClockIcon} /> : <OperationTable operations={operations} />}
        <ListPages page={page} shown={operations.length} cursor="before" list={t("operation.listTitle")} />
      </Panel>
      <AsJson />
    </>
  );
}

/** A choice takes effect at once; without scripts the button does it. */
function Narrowing({ tenants, state, tenant }: OperationListProps) {
  const { t } = useTranslation();
  const submit = useSubmit();
  const states = [{ value: "", label: t("operation.everyState") }, ...operationFilters.map((value) => ({ value, label: value === "unfinished" ? t("operation.unfinished") : t(`operationState.${value}.word`) }))];
  const owners = [{ value: "", label: t("operation.everyTenant") }, ...(tenants ?? []).map((value) => ({ value, label: value }))];
  return (
    <Form method="get" className="b-narrowing" onChange={(event) => submit(event.currentTarget, { replace: true })}>
      <SelectField field={{ id: "state", name: "state", value: state, errors: [] }} label={t("operation.listState")} choices={states} />
      {tenants === null && <TextField key={tenant} field={{ id: "tenant", name: "tenant", value: tenant, errors: [] }} label={t("dashboard.tenant")} autoComplete="off" />}
      {tenants !== null && tenants.length > 1 && <SelectField field={{ id: "tenant", name: "tenant", value: tenant, errors: [] }} label={t("dashboard.tenant")} choices={owners} />}
      <noscript>
        <Submit weight="secondary">{t("operation.narrow")}</Submit>
      </noscript>
    </Form>
  );
}
