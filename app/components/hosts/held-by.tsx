/** Which clusters have reserved the capacity of the libvirt host: by name where one may see them, the rest as a sum. */
import { Link } from "@remix-run/react";
import type { TFunction } from "i18next";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { Capacity } from "#app/domain/plan/headroom.ts";
import type { HeldBy } from "#app/services/hosts/portal-capacity.ts";
import { gibOf } from "#app/ui/amounts.ts";
import { clusterPath } from "#app/components/shell/paths.ts";

export function HeldByList({ heldBy }: { readonly heldBy: HeldBy }) {
  const { t } = useTranslation();
  const { clusters, others } = heldBy;
  if (clusters.length === 0 && others === null) return <p className="b-muted">{t("capacity.nobody")}</p>;
  return (
    <div className="b-stack-tight">
      <span>{t("capacity.heldBy")}</span>
      <ul className="b-list">
        {clusters.map(({ tenant, cluster, ...amounts }) => (
          <li key={`${tenant}/${cluster}`}>
            <Link to={clusterPath({ tenant, name: cluster })}>
              {tenant}/{cluster}
            </Link>
            : {t("capacity.holder", shown(amounts))}
          </li>
        ))}
        {others !== null && <li>{othersText(others, t)}</li>}
      </ul>
    </div>
  );
}

const othersText = ({ clusters, ...amounts }: Capacity & { readonly clusters: number }, t: TFunction): string =>
  t("capacity.others", { count: clusters, ...shown(amounts) });

const shown = ({ memoryMiB, vcpus, diskGiB }: Capacity) => ({ memory: gibOf(memoryMiB), vcpus, disk: diskGiB });
