/** A tenant: its clusters, and what ran in it. */
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { TenantPageView } from "#app/services/portal-lists.ts";
import { Heading } from "#app/ui/heading.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { AsJson } from "#app/components/shell/as-json.tsx";
import { ClusterPages } from "#app/components/clusters/cluster-table.tsx";
import { NoClusters } from "#app/components/clusters/dashboard.tsx";
import { LinkButton } from "#app/components/shell/link-button.tsx";
import { ListPages } from "#app/components/shell/list-pages.tsx";
import { OperationTable } from "#app/components/operations/operation-table.tsx";
import { dashboardPath, newClusterPath } from "#app/components/shell/paths.ts";
import { useLiveData } from "#app/components/live/use-live-data.ts";
import { RemovedTable } from "#app/components/clusters/removed-table.tsx";
import { Trail } from "#app/components/shell/breadcrumbs.tsx";

export function TenantPage({ tenant, clusters, clusterPage, operations, removed, removedPage }: TenantPageView) {
  const { t } = useTranslation();
  useLiveData();
  const create = (
    <LinkButton to={newClusterPath(tenant.slug)} weight="primary">
      {t("dashboard.create")}
    </LinkButton>
  );
  return (
    <>
      <Heading
        trail={<Trail stops={[{ label: t("shell.nav.dashboard"), to: dashboardPath }]} />}
        title={t("cluster.title", { tenant: tenant.slug })}
        line={tenant.role === null ? undefined : t("cluster.ordinary", { role: t(`memberRole.${tenant.role}`) })}
        actions={tenant.may.create && clusterPage.total > 0 && create}
      />
      <Panel title={t("dashboard.count", { count: clusterPage.total })}>
        {clusterPage.total === 0 ? (
          <NoClusters tenants={[tenant]} own={tenant.may.create ? [tenant] : []} />
        ) : (
          <ClusterPages clusters={clusters} page={clusterPage} showTenant={false} />
        )}
      </Panel>
      <Panel title={t("cluster.operations")}>
        {operations.length === 0 ? <p className="b-muted">{t("cluster.noOperations")}</p> : <OperationTable operations={operations} />}
      </Panel>
      {removedPage.total > 0 && (
        <Panel title={t("cluster.removed")}>
          <RemovedTable removed={removed} />
          <ListPages page={removedPage} shown={removed.length} cursor="removedAfter" list={t("cluster.removed")} />
        </Panel>
      )}
      <AsJson />
    </>
  );
}
