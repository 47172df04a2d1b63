/**
 * Rows as a picture: one lane for the cluster as a whole and one per machine, phases from left to right, and an arrow
 * wherever one thing waits for another. A teardown runs the same way backwards.
 */
import type { Phase } from "#app/domain/operation/event.ts";
import { phasesOf } from "#app/domain/operation/progress.ts";
import { isAboutWholeCluster, type StepKind } from "#app/domain/cluster/steps.ts";
import type { Change } from "./plan.ts";

export interface GraphRow {
  readonly urn: string;
  readonly step: StepKind | null;
  readonly phase: Phase;
  readonly machine: string | null;
  readonly change: Change;
}

/** All rows of one phase in one lane. */
export interface Cell<Row extends GraphRow> {
  readonly id: string;
  readonly lane: number;
  readonly column: number;
  readonly rows: readonly Row[];
}

export interface Graph<Row extends GraphRow> {
  /** Null: the cluster as a whole. */
  readonly lanes: readonly (string | null)[];
  readonly columns: readonly Phase[];
  readonly cells: readonly Cell<Row>[];
  /** Ids of cells, from what comes first to what waits for it. */
  readonly arrows: readonly (readonly [string, string])[];
}

/** Unchanged rows are left out; nothing to do gives a graph without cells. */
export function graphOf<Row extends GraphRow>(rows: readonly Row[]): Graph<Row> {
  const work = rows.filter((row) => row.change !== "same");
  const order = phasesOf(work);
  const columns = order.filter((phase) => work.some((row) => row.phase === phase));
  const lanes = [...new Set(work.map((row) => row.machine))].sort(byLane);
  const cells = lanes.flatMap((machine, lane) => columns.flatMap((phase, column) => cellOf(work, machine, phase, lane, column)));
  return { lanes, columns, cells, arrows: arrowsOf(lanes, cells, headsOf(work)) };
}

/** The cluster first, then control planes, then workers by number. */
function byLane(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return a.localeCompare(b, "en", { numeric: true });
}

function cellOf<Row extends GraphRow>(
  work: readonly Row[],
  machine: string | null,
  phase: Phase,
  lane: number,
  column: number,
): readonly Cell<Row>[] {
  const rows = work.filter((row) => row.machine === machine && row.phase === phase);
  return rows.length === 0 ? [] : [{ id: `${lane}.${column}`, lane, column, rows }];
}

type Place = Pick<Cell<GraphRow>, "id" | "lane" | "column">;
type Arrow = readonly [string, string];

/** Along a lane each phase waits for the one before it. */
function arrowsOf(lanes: readonly (string | null)[], cells: readonly Place[], heads: ReadonlySet<string | null>): readonly Arrow[] {
  const inLane = (index: number) => cells.filter((cell) => cell.lane === index);
  const along = lanes.flatMap((_, index) => pairs(inLane(index)));
  const across = lanes.flatMap((machine, index) => (machine === null ? [] : crossings(inLane(index), cells, lanes, heads)));
  return [...along, ...across];
}

const pairs = (cells: readonly Place[]): readonly Arrow[] =>
  cells.slice(1).flatMap((cell, index) => {
    const before = cells[index];
    return before === undefined ? [] : [[before.id, cell.id] as const];
  });

/** A machine begins after what the cluster as a whole needs first, and what checks the whole waits for its last. */
function crossings(
  lane: readonly Place[],
  cells: readonly Place[],
  lanes: readonly (string | null)[],
  headLanes: ReadonlySet<string | null>,
): readonly Arrow[] {
  const [begin, end] = [lane[0], lane.at(-1)];
  if (begin === undefined || end === undefined) return [];
  const whole = cells.filter((cell) => lanes[cell.lane] === null);
  const heads = cells.filter((cell) => cell.lane < begin.lane && headLanes.has(lanes[cell.lane] ?? null));
  const before = whole.findLast((cell) => cell.column < begin.column);
  const after = heads.filter((cell) => cell.column > end.column).sort((a, b) => a.column - b.column)[0];
  return [...(before === undefined ? [] : [[before.id, begin.id] as const]), ...(after === undefined ? [] : [[end.id, after.id] as const])];
}

/** Lanes where steps about the whole cluster run. */
const headsOf = (rows: readonly GraphRow[]): ReadonlySet<string | null> =>
  new Set([null, ...rows.filter((row) => isAboutWholeCluster(row.step)).map((row) => row.machine)]);
