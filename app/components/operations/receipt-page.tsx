/** What a teardown proved: the same rows a third time, each looked for and gone. */
import { Link } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { messageText } from "#app/messages/message-text.ts";
import type { Receipt, ReceiptRow } from "#app/ports/cluster-store.ts";
import type { ClusterSummary } from "#app/services/portal.ts";
import { Badge } from "#app/ui/badge.tsx";
import { Facts } from "#app/ui/facts.tsx";
import { Heading } from "#app/ui/heading.tsx";
import { CheckCircleIcon, ExclamationTriangleIcon } from "#app/ui/icons.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { Records } from "#app/ui/records.tsx";
import { AsJson } from "#app/components/shell/as-json.tsx";
import { Message } from "#app/components/text/messages.tsx";
import { Moment } from "#app/components/text/timestamp.tsx";
import { operationPath } from "#app/components/shell/paths.ts";
import { ClusterBadge } from "#app/components/shell/states.tsx";
import { ClusterTrail } from "#app/components/shell/breadcrumbs.tsx";

export function ReceiptPage({ cluster, receipt }: { readonly cluster: ClusterSummary; readonly receipt: Receipt }) {
  const { t } = useTranslation();
  const left = receipt.rows.filter((row) => !row.gone).length;
  const facts = [
    { term: t("receipt.at"), value: <Moment at={receipt.at} /> },
    { term: t("receipt.by"), value: receipt.by },
    { term: t("receipt.operation"), value: <Link to={operationPath(receipt.operationId)}>{t("receipt.replay")}</Link> },
  ];
  return (
    <>
      <Heading
        trail={<ClusterTrail cluster={cluster} />}
        title={t("receipt.title", { cluster: cluster.name })}
        badge={<ClusterBadge cluster={cluster} />}
        line={t("receipt.line")}
      />
      {left === 0 ? (
        <Message tone="good" title={t("receipt.allGone", { count: receipt.rows.length })} />
      ) : (
        <Message tone="bad" title={t("receipt.left", { count: left })} />
      )}
      <Panel>
        <Facts facts={facts} compact />
        <ReceiptRows rows={receipt.rows} />
      </Panel>
      <AsJson />
    </>
  );
}

function ReceiptRows({ rows }: { readonly rows: readonly ReceiptRow[] }) {
  const { t } = useTranslation();
  const columns = [
    { name: t("receipt.what"), cell: (row: ReceiptRow) => t(`receiptWhat.${row.what}`) },
    { name: t("receipt.name"), cell: (row: ReceiptRow) => (row.what === "secret" ? t("receipt.clusterKeys") : <code>{row.name}</code>) },
    { name: t("receipt.result"), cell: (row: ReceiptRow) => <Result gone={row.gone} /> },
    { name: t("receipt.proof"), cell: (row: ReceiptRow) => messageText(row.proof, t) },
  ];
  return <Records caption={t("receipt.line")} columns={columns} rows={rows} keyOf={(row) => `${row.what} ${row.name}`} />;
}

function Result({ gone }: { readonly gone: boolean }) {
  const { t } = useTranslation();
  return gone ? (
    <Badge tone="good" icon={CheckCircleIcon}>
      {t("receipt.gone")}
    </Badge>
  ) : (
    <Badge tone="warning" icon={ExclamationTriangleIcon}>
      {t("receipt.still")}
    </Badge>
  );
}
