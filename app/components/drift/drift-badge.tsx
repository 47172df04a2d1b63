/** What a list warns of: drift from the live spec, and certificates that end soon; each links to the page with the details. */
import { Link } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { CertificateState } from "#app/domain/cluster/certificates.ts";
import { Badge } from "#app/ui/badge.tsx";
import { ExclamationTriangleIcon } from "#app/ui/icons.tsx";
import { type ClusterPlace, clusterPath, driftPath } from "#app/components/shell/paths.ts";

export function DriftBadge({ cluster, count }: { readonly cluster: ClusterPlace; readonly count: number }) {
  const { t } = useTranslation();
  if (count === 0) return null;
  return (
    <Link to={driftPath(cluster)} title={t("drift.badgeHint")}>
      <Badge tone="warning" icon={ExclamationTriangleIcon}>
        {t("drift.badge", { count })}
      </Badge>
    </Link>
  );
}

export function CertificateBadge({ cluster, standing }: { readonly cluster: ClusterPlace; readonly standing: CertificateState | null }) {
  const { t } = useTranslation();
  if (standing === null || standing === "valid") return null;
  return (
    <Link to={clusterPath(cluster)} title={t(`certificates.${standing}`)}>
      <Badge tone={standing === "ended" ? "bad" : "warning"} icon={ExclamationTriangleIcon}>
        {t(`certificates.badge.${standing}`)}
      </Badge>
    </Link>
  );
}
