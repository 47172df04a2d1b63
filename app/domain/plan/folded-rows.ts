/**
 * The rows that a person reads one by one, each with the arrangements that are folded into it. A machine has several
 * steps that only arrange what is done later or leave with it (`isForLater`); they are counted in their machine's row.
 * One that fails is a row of its own.
 */
import { isForLater, type PlacedChange } from "#app/domain/cluster/steps.ts";
import type { RowStatus } from "#app/domain/operation/progress.ts";

export interface FoldableRow extends PlacedChange {
  /** Null or absent in a plan: nothing has begun. */
  readonly status?: RowStatus | null;
}

export interface FoldedRow<Row extends FoldableRow> {
  readonly row: Row;
  /** In the order of the plan. */
  readonly arrangements: readonly Row[];
}

/** Rows with something to do, in their order: each of them is in the result once, as a row or folded into one. */
export function foldRows<Row extends FoldableRow>(rows: readonly Row[]): readonly FoldedRow<Row>[] {
  const work = rows.filter(({ change }) => change !== "same");
  const foldable = new Set(work.filter((row) => row.machine !== null && row.status !== "failed" && isForLater(row, rows)));
  const leading = leadingRows(work.filter((row) => !foldable.has(row)));
  const folded = (row: Row): boolean => foldable.has(row) && leading.has(row.machine);
  const within = (row: Row): readonly Row[] =>
    leading.get(row.machine) === row ? work.filter((other) => other.machine === row.machine && folded(other)) : [];
  return work.filter((row) => !folded(row)).map((row) => ({ row, arrangements: within(row) }));
}

/** By machine: the row of the libvirt machine itself; where that one does not change, the first that does. */
function leadingRows<Row extends FoldableRow>(shown: readonly Row[]): ReadonlyMap<string | null, Row> {
  const ofMachines = shown.filter(({ machine }) => machine !== null);
  const first = ofMachines.toReversed().map((row) => [row.machine, row] as const);
  const itself = ofMachines.filter(({ step }) => step === "machine").map((row) => [row.machine, row] as const);
  return new Map([...first, ...itself]);
}

/** How many rows are folded: what a total counts beside the rows that are listed. */
export const foldedCount = (rows: readonly FoldableRow[]): number =>
  foldRows(rows).reduce((sum, { arrangements }) => sum + arrangements.length, 0);

/** Everything that is folded into one row leaves with what it was for. */
export const leavesAsOne = (arrangements: readonly FoldableRow[]): boolean => arrangements.every(({ change }) => change === "delete");
