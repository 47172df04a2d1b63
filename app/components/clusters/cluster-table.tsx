/** Clusters as a list: what each is, how it is, and the next sensible thing. */
import { Link } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { ClusterSummary } from "#app/services/portal.ts";
import type { ListPage } from "#app/services/portal-lists.ts";
import { gibOf } from "#app/ui/amounts.ts";
import { Records } from "#app/ui/records.tsx";
import { CertificateBadge, DriftBadge } from "#app/components/drift/drift-badge.tsx";
import { ListPages } from "#app/components/shell/list-pages.tsx";
import { Age } from "#app/components/text/timestamp.tsx";
import { clusterPath, kubeconfigPath, operationPath } from "#app/components/shell/paths.ts";
import { ClusterBadge } from "#app/components/shell/states.tsx";

/** A page of a list of clusters, with the ways to the others. */
export function ClusterPages({
  clusters,
  page,
  showTenant,
}: {
  readonly clusters: readonly ClusterSummary[];
  readonly page: ListPage;
  readonly showTenant: boolean;
}) {
  const { t } = useTranslation();
  return (
    <>
      {clusters.length > 0 && <ClusterTable clusters={clusters} showTenant={showTenant} />}
      <ListPages page={page} shown={clusters.length} cursor="after" list={t("dashboard.list")} />
    </>
  );
}

function ClusterTable({ clusters, showTenant }: { readonly clusters: readonly ClusterSummary[]; readonly showTenant: boolean }) {
  const { t } = useTranslation();
  const columns = [
    { name: t("dashboard.name"), cell: (c: ClusterSummary) => <Link to={clusterPath(c)}>{c.name}</Link> },
    ...(showTenant ? [{ name: t("dashboard.tenant"), cell: (c: ClusterSummary) => c.tenant }] : []),
    { name: t("word.state"), cell: (c: ClusterSummary) => <StateOf cluster={c} /> },
    { name: t("dashboard.version"), cell: (c: ClusterSummary) => c.kubernetesVersion, digits: true },
    { name: t("dashboard.nodes"), cell: (c: ClusterSummary) => <NodeCount cluster={c} />, digits: true },
    {
      name: t("dashboard.size"),
      cell: (c: ClusterSummary) => t("dashboard.sizeValue", { vcpus: c.vcpus, memory: gibOf(c.memoryMiB) }),
      digits: true,
    },
    { name: t("dashboard.age"), cell: (c: ClusterSummary) => <Age since={c.createdAt} /> },
    { name: t("dashboard.next"), cell: (c: ClusterSummary) => <NextThing cluster={c} /> },
  ];
  return <Records caption={t("dashboard.list")} columns={columns} rows={clusters} keyOf={(c) => c.id} />;
}

function StateOf({ cluster }: { readonly cluster: ClusterSummary }) {
  return (
    <span className="b-row">
      <ClusterBadge cluster={cluster} />
      <DriftBadge cluster={cluster} count={cluster.differs} />
      <CertificateBadge cluster={cluster} standing={cluster.certificates} />
    </span>
  );
}

const nodesOf = ({ controlPlanes, workers }: Pick<ClusterSummary, "controlPlanes" | "workers">) => ({ controlPlanes, workers });

function NodeCount({ cluster }: { readonly cluster: ClusterSummary }) {
  const { t } = useTranslation();
  const planned = nodesOf(cluster);
  const live = nodesOf(cluster.live ?? cluster);
  if (live.workers === planned.workers && live.controlPlanes === planned.controlPlanes)
    return <Spoken sentence={t("dashboard.nodesSpoken", planned)}>{t("dashboard.nodesValue", planned)}</Spoken>;
  const sentence = t("dashboard.nodesPlanned", { now: t("dashboard.nodesSpoken", live), planned: t("dashboard.nodesSpoken", planned) });
  return <Spoken sentence={sentence}>{`${t("dashboard.nodesValue", live)} → ${t("dashboard.nodesValue", planned)}`}</Spoken>;
}

/** Figures that need a sentence: shown where a pointer rests, read to who hears the page. */
function Spoken({ sentence, children }: { readonly sentence: string; readonly children: string }) {
  return (
    <span title={sentence}>
      <span aria-hidden="true">{children}</span>
      <span className="pf-v6-screen-reader">{sentence}</span>
    </span>
  );
}

function NextThing({ cluster }: { readonly cluster: ClusterSummary }) {
  const { t } = useTranslation();
  const { current } = cluster;
  if (current !== null) return <Link to={operationPath(current.id)}>{t("dashboard.follow")}</Link>;
  if (cluster.state === "ready" && cluster.power === "saved") return <Link to={clusterPath(cluster)}>{t("dashboard.wake")}</Link>;
  if (cluster.state === "ready" && cluster.certificates !== null) {
    return (
      <Link to={kubeconfigPath(cluster)} reloadDocument aria-label={`${t("dashboard.kubeconfig")} ${cluster.name}`}>
        {t("dashboard.kubeconfig")}
      </Link>
    );
  }
  return <Link to={clusterPath(cluster)}>{t("dashboard.open")}</Link>;
}
