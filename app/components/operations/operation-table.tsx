/** Operations as a list, newest first. */
import { Link } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { OperationSummary } from "#app/services/portal.ts";
import { Records } from "#app/ui/records.tsx";
import { Moment } from "#app/components/text/timestamp.tsx";
import { OperationTime } from "./operation-time.tsx";
import { titleOf } from "./operation-title.ts";
import { operationPath } from "#app/components/shell/paths.ts";
import { OperationBadge } from "#app/components/shell/states.tsx";

export function OperationTable({ operations }: { readonly operations: readonly OperationSummary[] }) {
  const { t } = useTranslation();
  const columns = [
    { name: t("operation.listKind"), cell: (o: OperationSummary) => <Link to={operationPath(o.id)}>{titleOf(o, t)}</Link> },
    { name: t("operation.listState"), cell: (o: OperationSummary) => <OperationBadge state={o.state} /> },
    { name: t("operation.listStarted"), cell: (o: OperationSummary) => <Moment at={o.requestedAt} /> },
    { name: t("operation.listDuration"), cell: (o: OperationSummary) => <OperationTime operation={o} />, digits: true },
    { name: t("operation.listBy"), cell: (o: OperationSummary) => o.requestedBy },
  ];
  return <Records caption={t("operation.listTitle")} columns={columns} rows={operations} keyOf={(o) => o.id} />;
}
