/**
 * The one list of this portal, in three tenses: what a plan will do, what an operation is doing, what it did. Grouped
 * by phase; a row is learnt once.
 */
import { Link, useSearchParams } from "@remix-run/react";
import type { ComponentType, ReactNode } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { StepPlace } from "#app/domain/cluster/steps.ts";
import type { Phase } from "#app/domain/operation/event.ts";
import { type OutputTail, phasesOf, type RowStatus } from "#app/domain/operation/progress.ts";
import { type FoldedRow, foldRows, leavesAsOne } from "#app/domain/plan/folded-rows.ts";
import type { Change } from "#app/domain/plan/plan.ts";
import {
  BanIcon,
  CheckCircleIcon,
  ExclamationCircleIcon,
  InProgressIcon,
  MinusCircleIcon,
  OutlinedCircleIcon,
  OutlinedClockIcon,
  PlusCircleIcon,
  ReplaceIcon,
} from "#app/ui/icons.tsx";
import { Fold } from "#app/ui/fold.tsx";
import { Elapsed } from "#app/ui/time/relative-time.tsx";
import { outputKey } from "./output-pane.tsx";
import { arrangementsWord, stepLabel, stepWord } from "./step-label.ts";
import { hrefWith } from "#app/components/shell/use-search-param-state.ts";

export interface StepRow extends StepPlace {
  readonly urn: string;
  readonly name: string;
  readonly change: Change;
  /** Null in a plan: nothing has begun. */
  readonly status: RowStatus | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

export interface BadgeStyle {
  readonly icon: ComponentType;
  readonly tone: string;
}

export const changeStyles: Readonly<Record<Change, BadgeStyle>> = {
  create: { icon: PlusCircleIcon, tone: "good" },
  update: { icon: ReplaceIcon, tone: "active" },
  replace: { icon: ReplaceIcon, tone: "warning" },
  delete: { icon: MinusCircleIcon, tone: "bad" },
  same: { icon: OutlinedCircleIcon, tone: "quiet" },
};

export const statusStyles: Readonly<Record<RowStatus, BadgeStyle>> = {
  planned: { icon: OutlinedClockIcon, tone: "quiet" },
  running: { icon: InProgressIcon, tone: "active" },
  done: { icon: CheckCircleIcon, tone: "good" },
  failed: { icon: ExclamationCircleIcon, tone: "bad" },
  skipped: { icon: BanIcon, tone: "quiet" },
};

/** Unchanged rows are counted, not listed; arrangements for later are counted in the row of their machine, which unfolds. */
export function StepRows({ rows, outputs = [] }: { readonly rows: readonly StepRow[]; readonly outputs?: readonly OutputTail[] }) {
  const { t } = useTranslation();
  const shown = foldRows(rows);
  const unchanged = rows.filter((row) => row.change === "same").length;
  return (
    <div className="b-stack-tight">
      {phasesOf(rows).map((phase) => (
        <PhaseGroup key={phase} phase={phase} all={rows} outputs={outputs} rows={shown.filter(({ row }) => row.phase === phase)} />
      ))}
      {unchanged > 0 && <p className="b-muted b-small">{t("plan.unchanged", { count: unchanged })}</p>}
    </div>
  );
}

interface PhaseGroupProps {
  readonly phase: Phase;
  readonly rows: readonly FoldedRow<StepRow>[];
  readonly all: readonly StepRow[];
  readonly outputs: readonly OutputTail[];
}

function PhaseGroup({ phase, rows, all, outputs }: PhaseGroupProps) {
  const { t } = useTranslation();
  if (rows.length === 0) return null;
  return (
    <div className="b-group">
      <h3>{t(`phase.${phase}`)}</h3>
      <ul className="b-steps">
        {rows.map(({ row, arrangements }) => (
          <Row key={row.urn} row={row} all={all} outputs={outputs} arrangements={arrangements} />
        ))}
      </ul>
    </div>
  );
}

interface RowProps extends Pick<PhaseGroupProps, "all" | "outputs"> {
  readonly row: StepRow;
  readonly arrangements?: readonly StepRow[];
}

function Row({ row, all, outputs, arrangements = [] }: RowProps) {
  const { t } = useTranslation();
  const output = outputs.find((one) => one.machine === row.machine && one.source === "command") ?? null;
  const look = row.status === null ? changeStyles[row.change] : statusStyles[row.status];
  const gone = row.change === "delete" && row.status === "done";
  return (
    <RowFrame
      look={look}
      gone={gone}
      row={row}
      more={arrangements.length > 0 && <Arrangements rows={arrangements} all={all} outputs={outputs} />}
    >
      {output !== null && row.machine !== null && row.startedAt !== null && <ToOutput row={row} output={output} />}
      {stepWord(row, all, t)}
      {row.startedAt !== null && row.status !== "skipped" && (
        <>
          {" · "}
          <Elapsed from={row.startedAt} to={row.endedAt} />
        </>
      )}
    </RowFrame>
  );
}

/** One line below the machine's row, whatever becomes of them: what runs is named in it. */
function Arrangements({ rows, all, outputs }: Pick<PhaseGroupProps, "all" | "outputs"> & { readonly rows: readonly StepRow[] }) {
  const { t } = useTranslation();
  return (
    <Fold
      title={t(leavesAsOne(rows) ? "arrangements.leaving" : "arrangements.forLater", { count: rows.length })}
      summary={arrangementsWord(rows, t)}
    >
      <ul className="b-steps">
        {rows.map((row) => (
          <Row key={row.urn} row={row} all={all} outputs={outputs} />
        ))}
      </ul>
    </Fold>
  );
}

/** To what the step's machine said, beside the steps. */
function ToOutput({ row, output }: { readonly row: StepRow; readonly output: OutputTail }) {
  const { t } = useTranslation();
  const [params] = useSearchParams();
  return (
    <>
      <Link
        to={`${hrefWith(params, "output", outputKey(output))}#output`}
        replace
        aria-label={t("operation.outputOf", { step: stepLabel(row, t) ?? row.name })}
      >
        {t("operation.output")}
      </Link>
      {" · "}
    </>
  );
}

interface RowFrameProps {
  readonly look: BadgeStyle;
  readonly gone: boolean;
  readonly row: StepRow;
  /** Below the row. */
  readonly more: ReactNode;
  readonly children: ReactNode;
}

function RowFrame({ look, gone, row, more, children }: RowFrameProps) {
  const Icon = look.icon;
  return (
    <li className={gone ? "b-step b-step-gone" : "b-step"}>
      <span className={`b-step-icon b-tone-${look.tone}`}>
        <Icon />
      </span>
      <StepName row={row} />
      <span className="b-step-word">{children}</span>
      {more}
    </li>
  );
}

/** What it is in words, and its name as the engine and the API have it. */
function StepName({ row }: { readonly row: StepRow }) {
  const { t } = useTranslation();
  const label = stepLabel(row, t);
  return (
    <span className="b-step-name">
      {label !== null && <span className="b-step-label">{label}</span>}
      <code>{row.name}</code>
    </span>
  );
}
