/** Everything that ran: kept, and each can be replayed. */
import { useTranslation } from "react-i18next";
import type { OperationSummary } from "#app/services/portal.ts";
import { Empty } from "#app/ui/empty.tsx";
import { Heading } from "#app/ui/heading.tsx";
import { OutlinedClockIcon } from "#app/ui/icons.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { LinkButton } from "./link-button.tsx";
import { OperationTable } from "./operation-table.tsx";
import { operationsPath } from "./paths.ts";

export function OperationList({ operations, older }: { readonly operations: readonly OperationSummary[]; readonly older: string | null }) {
  const { t } = useTranslation();
  return (
    <>
      <Heading title={t("operation.listTitle")} line={t("operation.listEmptyLine")} />
      <Panel>
        {operations.length === 0 ? <Empty title={t("operation.listEmpty")} icon={OutlinedClockIcon} /> : <OperationTable operations={operations} />}
        {older !== null && (
          <p>
            <LinkButton to={`${operationsPath}?before=${older}`}>{t("operation.older")}</LinkButton>
          </p>
        )}
      </Panel>
    </>
  );
}
