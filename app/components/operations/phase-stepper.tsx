/** Where an operation stands: its phases in order, each with state and time. */
import type { ComponentType } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { foldedCount } from "#app/domain/plan/folded-rows.ts";
import { elapsedSeconds, phaseProgress, type PhaseProgress, type Progress, type RowStatus } from "#app/domain/operation/progress.ts";
import { clockOf } from "#app/ui/amounts.ts";
import { BanIcon, CheckCircleIcon, ExclamationCircleIcon, InProgressIcon, OutlinedClockIcon } from "#app/ui/icons.tsx";
import { useNow } from "#app/ui/time/now.tsx";

const looks: Readonly<Record<RowStatus, { readonly icon: ComponentType; readonly tone: string }>> = {
  planned: { icon: OutlinedClockIcon, tone: "quiet" },
  running: { icon: InProgressIcon, tone: "active" },
  done: { icon: CheckCircleIcon, tone: "good" },
  failed: { icon: ExclamationCircleIcon, tone: "bad" },
  skipped: { icon: BanIcon, tone: "quiet" },
};

export function PhaseStepper({ progress }: { readonly progress: Progress }) {
  const { t } = useTranslation();
  const stations = phaseProgress(progress);
  const folded = foldedCount(progress.rows);
  if (stations.length === 0) return <p className="b-muted">{t("operation.rowsEmpty")}</p>;
  return (
    <>
      <ol className="b-phases" aria-label={t("operation.phases")}>
        {stations.map((station) => (
          <Station key={station.phase} station={station} />
        ))}
      </ol>
      {folded > 0 && <p className="b-muted b-small">{t("arrangements.inPhases", { count: folded })}</p>}
      {overlap(stations) && <p className="b-muted b-small">{t("operation.phasesOverlap")}</p>}
    </>
  );
}

/** Machines go through their phases side by side, so times of phases do not add up to that of the operation. */
function overlap(stations: readonly PhaseProgress[]): boolean {
  const spans = stations.flatMap((station) => station.spans).toSorted((a, b) => a.from - b.from);
  return spans.some((span, i) => spans.slice(0, i).some((earlier) => earlier.to === null || earlier.to > span.from));
}

function Station({ station }: { readonly station: PhaseProgress }) {
  const { t } = useTranslation();
  const { icon: Icon, tone } = looks[station.status];
  const now = useNow(1000);
  const left = station.status === "skipped";
  const seconds = elapsedSeconds(station, now);
  return (
    <li className={`b-phase b-phase-${tone}`} {...(station.status === "running" ? { "aria-current": "step" } : {})}>
      <span className="b-phase-name">
        <span className={`b-tone-${tone}`}>
          <Icon />
        </span>
        {t(`phase.${station.phase}`)}
      </span>
      <span className="b-phase-time b-digits">
        {left && station.begun ? t("operation.phaseStopped") : t(`stepStatus.${station.status}`)}
        {seconds !== null && ` · ${clockOf(seconds)}`}
      </span>
      <span className="b-phase-time b-digits">{t("operation.phaseCount", { done: station.done, total: station.total })}</span>
    </li>
  );
}
