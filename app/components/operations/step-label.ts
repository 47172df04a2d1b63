/** A step in words: what it is, which machine it is about, and what becomes of it. */
import type { TFunction } from "i18next";
import { deedOf, type NamedChange, stepOf } from "#app/domain/cluster/steps.ts";
import type { RowStatus } from "#app/domain/operation/progress.ts";
import type { Change } from "#app/domain/plan/plan.ts";

/** Null for what only its name tells. */
export function stepLabel(name: string, t: TFunction): string | null {
  const known = stepOf(name);
  return known === null ? null : t(`step.${known.step}`, { of: known.of });
}

export type Changes = ReadonlyMap<string, Change>;

/** By name: what becomes of one row may depend on what becomes of another. */
export const changesOf = (rows: readonly NamedChange[]): Changes => new Map(rows.map(({ name, change }) => [name, change]));

/** What happens to it, and how far that is; status null in a plan. */
export function stepWord(row: NamedChange & { readonly status: RowStatus | null }, changes: Changes, t: TFunction): string {
  const known = deedOf(row, changes);
  if (known !== null && row.status === "done") return t(`standing.${known.step}.${known.deed}.did`);
  const what = known === null ? t(`change.${row.change}`) : t(`standing.${known.step}.${known.deed}.will`);
  return row.status === null ? what : `${what} · ${t(`stepStatus.${row.status}`)}`;
}
