/** A step in words: what it is, which machine it is about, and what becomes of it. */
import type { TFunction } from "i18next";
import { deedOf, type PlacedChange, type StepPlace } from "#app/domain/cluster/steps.ts";
import type { RowStatus } from "#app/domain/operation/progress.ts";

/** What of a row its words are made from. */
export type LabelledStep = Pick<StepPlace, "step" | "machine">;

/** Null for what only its name tells. */
export const stepLabel = ({ step, machine }: LabelledStep, t: TFunction): string | null => (step === null ? null : t(`step.${step}`, { of: machine ?? "" }));

/** What happens to it, and how far that is; status null in a plan. `beside`: all rows of the same plan or operation. */
export function stepWord(row: PlacedChange & { readonly status: RowStatus | null }, beside: readonly PlacedChange[], t: TFunction): string {
  const known = deedOf(row, beside);
  if (known !== null && row.status === "done") return t(`standing.${known.step}.${known.deed}.did`);
  const what = known === null ? t(`change.${row.change}`) : t(`standing.${known.step}.${known.deed}.will`);
  return row.status === null ? what : `${what} · ${t(`stepStatus.${row.status}`)}`;
}
