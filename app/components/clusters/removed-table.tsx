/** Clusters that were torn down; each leads to its receipt. */
import { Link } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { RemovedCluster } from "#app/services/portal-lists.ts";
import { Records } from "#app/ui/records.tsx";
import { Moment } from "#app/components/text/timestamp.tsx";
import { receiptPath } from "#app/components/shell/paths.ts";

export function RemovedTable({ removed }: { readonly removed: readonly RemovedCluster[] }) {
  const { t } = useTranslation();
  const columns = [
    { name: t("dashboard.name"), cell: (c: RemovedCluster) => c.name },
    { name: t("cluster.removedAt"), cell: (c: RemovedCluster) => <Moment at={c.at} /> },
    { name: t("operation.listBy"), cell: (c: RemovedCluster) => c.by },
    {
      name: t("dashboard.next"),
      cell: (c: RemovedCluster) => (
        <Link to={receiptPath(c)} aria-label={`${t("cluster.receipt")}: ${c.name}`}>
          {t("cluster.receipt")}
        </Link>
      ),
    },
  ];
  return <Records caption={t("cluster.removed")} columns={columns} rows={removed} keyOf={(c) => c.name} />;
}
