/** The first page after signing in. Two questions: what is running, and what can I do next? */
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { DashboardView, TenantView } from "#app/services/portal.ts";
import { Empty } from "#app/ui/empty.tsx";
import { Heading } from "#app/ui/heading.tsx";
import { CubesIcon } from "#app/ui/icons.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { AsJson } from "#app/components/shell/as-json.tsx";
import { ClusterPages } from "./cluster-table.tsx";
import { FlowPicture } from "./flow-picture.tsx";
import { LinkButton } from "#app/components/shell/link-button.tsx";
import { newClusterPath, tenantPath, tenantsPath } from "#app/components/shell/paths.ts";
import { ReadinessLine } from "#app/components/hosts/readiness-line.tsx";
import { HostPanels } from "#app/components/hosts/host-capacity.tsx";
import { RunningNow } from "#app/components/operations/running-now.tsx";
import { SetupSteps } from "#app/components/hosts/setup-steps.tsx";
import { useLiveData } from "#app/components/live/use-live-data.ts";

export function Dashboard({ view }: { readonly view: DashboardView }) {
  const { t } = useTranslation();
  useLiveData();
  const own = view.tenants.filter((tenant) => tenant.may.create);
  return (
    <>
      <Heading title={t("dashboard.title")} actions={view.clusterPage.total > 0 && <CreateButtons tenants={own} />} />
      <RunningNow operations={view.running} />
      <SetupUnderWay view={view} />
      <Panel title={t("dashboard.count", { count: view.clusterPage.total })} actions={<Tenants view={view} />}>
        {view.clusterPage.total > 0 ? (
          <ClusterPages clusters={view.clusters} page={view.clusterPage} showTenant={view.tenants.length > 1} />
        ) : (
          <NoClusters tenants={view.tenants} own={own} />
        )}
      </Panel>
      <HostPanels hosts={view.hosts} />
      <AsJson />
    </>
  );
}

/** One button for the first tenant; the others are one press away on their own pages. */
function CreateButtons({ tenants }: { readonly tenants: readonly TenantView[] }) {
  const { t } = useTranslation();
  const [first, ...more] = tenants;
  if (first === undefined) return null;
  return (
    <LinkButton to={newClusterPath(first.slug)} weight="primary">
      {more.length === 0 ? t("dashboard.create") : t("dashboard.createIn", { tenant: first.slug })}
    </LinkButton>
  );
}

/** The first ones; the others are on a page of their own. */
function Tenants({ view: { tenants, tenantPage } }: { readonly view: DashboardView }) {
  const { t } = useTranslation();
  if (tenants.length < 2) return null;
  return (
    <nav className="b-row" aria-label={t("dashboard.tenants")}>
      {tenants.map((tenant) => (
        <LinkButton key={tenant.id} to={tenantPath(tenant.slug)} weight="link">
          {tenant.slug}
        </LinkButton>
      ))}
      {tenantPage.next !== null && (
        <LinkButton to={tenantsPath} weight="link">
          {t("tenants.all", { count: tenantPage.total })}
        </LinkButton>
      )}
    </nav>
  );
}

export function NoClusters({ tenants, own }: { readonly tenants: readonly TenantView[]; readonly own: readonly TenantView[] }) {
  const { t } = useTranslation();
  return (
    <Empty title={t("dashboard.emptyTitle")} icon={CubesIcon} level="h3">
      <div className="b-stack">
        <p>{tenants.length === 0 ? t("dashboard.noTenant") : own.length === 0 ? t("dashboard.emptyNoRight") : t("dashboard.emptyLine")}</p>
        <FlowPicture />
        <div>
          <CreateButtons tenants={own} />
        </div>
      </div>
    </Empty>
  );
}

function SetupUnderWay({ view }: { readonly view: DashboardView }) {
  const { t } = useTranslation();
  if (view.readiness.waitingFor.length === 0) return null;
  const hasFailed = view.readiness.failed.length > 0;
  return (
    <Panel
      title={t("setup.title")}
      tone={hasFailed ? "bad" : "active"}
      actions={
        view.setup !== null && (
          <LinkButton to="/setup" weight="link">
            {t("dashboard.open")}
          </LinkButton>
        )
      }
    >
      {!hasFailed && <p>{t("setup.waitLine")}</p>}
      <ReadinessLine readiness={view.readiness} />
      {view.setup !== null && <SetupSteps steps={view.setup.steps} detailed={false} />}
    </Panel>
  );
}
