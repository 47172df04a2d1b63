/** What a pool as typed so far takes of the host, and what it does to its nodes. The line keeps its place. */
import type { TFunction } from "i18next";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { gibOf } from "#app/ui/amounts.ts";
import type { PoolDraft } from "./draft.ts";
import { type PoolImpact, poolImpact, poolNumbers } from "./pool-impact.ts";
import type { CurrentPool } from "./current-cluster.ts";

export interface PoolImpactLineProps {
  readonly typed: PoolDraft;
  /** Undefined for a pool that is new. */
  readonly standing: CurrentPool | undefined;
  /** The cluster has machines. */
  readonly living: boolean;
}

export function PoolImpactLine({ typed, standing, living }: PoolImpactLineProps) {
  const { t } = useTranslation();
  const [numbers, impact] = [poolNumbers(typed), poolImpact(typed, standing)];
  if (numbers === null || impact === null) return <p className="b-muted b-small b-pool-impact">{t("form.impact.unknown")}</p>;
  const { count, vcpus, memoryMiB } = numbers;
  return (
    <p className="b-muted b-small b-pool-impact">
      {t("form.impact.sum", { count, vcpus: count * vcpus, memory: gibOf(count * memoryMiB) })} {living && sentences(impact, t).join(" ")}
    </p>
  );
}

function sentences({ added, removed, restarted, settings, diskUnused }: PoolImpact, t: TFunction): readonly string[] {
  const said = [
    ...(added > 0 ? [t("form.impact.added", { count: added })] : []),
    ...(removed.length > 0 ? [t("form.impact.removed", { nodes: removed.join(", ") })] : []),
    ...(restarted.length > 0 ? [t("form.impact.restarted", { nodes: restarted.join(", ") })] : []),
    ...(settings ? [t("form.impact.settings")] : []),
    ...(diskUnused ? [t("form.impact.diskUnused")] : []),
  ];
  return said.length === 0 ? [t("form.impact.none")] : said;
}
