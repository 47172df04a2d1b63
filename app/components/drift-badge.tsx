/** How much differs from the live spec: icon, words and number, and the way to the page that says what. */
import { Link } from "@remix-run/react";
import { useTranslation } from "react-i18next";
import { Badge } from "#app/ui/badge.tsx";
import { ExclamationTriangleIcon } from "#app/ui/icons.tsx";
import { type ClusterPlace, driftPath } from "./paths.ts";

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
