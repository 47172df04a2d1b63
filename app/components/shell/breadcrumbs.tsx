/** Where a page stands: the way back up. */
import { Link } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { clusterPath, dashboardPath, tenantPath, type ClusterPlace } from "./paths.ts";

export interface Stop {
  readonly label: string;
  readonly to: string;
}

export function Trail({ stops }: { readonly stops: readonly Stop[] }) {
  const { t } = useTranslation();
  return (
    <nav aria-label={t("shell.trail")}>
      <ol className="b-trail">
        {stops.map((stop) => (
          <li key={stop.to}>
            <Link to={stop.to}>{stop.label}</Link>
          </li>
        ))}
      </ol>
    </nav>
  );
}

export function TenantTrail({ tenant }: { readonly tenant: string }) {
  const { t } = useTranslation();
  return (
    <Trail
      stops={[
        { label: t("shell.nav.dashboard"), to: dashboardPath },
        { label: tenant, to: tenantPath(tenant) },
      ]}
    />
  );
}

export function ClusterTrail({ cluster }: { readonly cluster: ClusterPlace }) {
  const { t } = useTranslation();
  return (
    <Trail
      stops={[
        { label: t("shell.nav.dashboard"), to: dashboardPath },
        { label: cluster.tenant, to: tenantPath(cluster.tenant) },
        { label: cluster.name, to: clusterPath(cluster) },
      ]}
    />
  );
}
