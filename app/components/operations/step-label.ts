/** A step in words: what it is, which machine it is about, and what becomes of it. */
import type { TFunction } from "i18next";
import { addOnName } from "#app/components/text/add-on-text.ts";
import { effectOf, type PlacedChange, type StepPlace } from "#app/domain/cluster/steps.ts";
import type { RowStatus } from "#app/domain/operation/progress.ts";

/** What of a row its words are made from. */
export type LabelledStep = Pick<StepPlace, "step" | "machine" | "addOn">;

/** Null for what only its name tells. */
export const stepLabel = ({ step, machine, addOn }: LabelledStep, t: TFunction): string | null =>
  step === null ? null : t(`step.${step}`, { of: machine ?? "", addOn: addOn === undefined ? "" : addOnName(addOn, t) });

/** The same where lane and phase stand beside it. */
export const shortStepLabel = ({ step, addOn }: Omit<LabelledStep, "machine">, t: TFunction): string | null =>
  step === null ? null : t(`stepShort.${step}`, { addOn: addOn === undefined ? "" : addOnName(addOn, t) });

/** What happens to it, and how far that is; status null in a plan. `beside`: all rows of the same plan or operation. */
export function stepWord(row: PlacedChange & { readonly status: RowStatus | null }, beside: readonly PlacedChange[], t: TFunction): string {
  const known = effectOf(row, beside);
  if (known !== null && row.status === "done") return t(`standing.${known.step}.${known.effect}.did`);
  const what = known === null ? t(`change.${row.change}`) : t(`standing.${known.step}.${known.effect}.will`);
  return row.status === null ? what : `${what} · ${t(`stepStatus.${row.status}`)}`;
}

/** How far arrangements are that are folded into one line, and which of them runs; null in a plan. */
export function arrangementsWord(rows: readonly (LabelledStep & { readonly status: RowStatus | null })[], t: TFunction): string | null {
  if (rows.every(({ status }) => status === null)) return null;
  const running = rows.flatMap(({ step, status }) => (step !== null && status === "running" ? [t(`stepShort.${step}`)] : []));
  const done = t("operation.phaseCount", { done: rows.filter(({ status }) => status === "done").length, total: rows.length });
  return running.length === 0 ? done : `${done} · ${t("stepStatus.running")}: ${running.join(", ")}`;
}
