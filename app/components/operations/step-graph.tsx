/** Rows as a picture: lanes for machines, phases from left to right. The list says the same and is one press away. */
import type { TFunction } from "i18next";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { foldRows } from "#app/domain/plan/folded-rows.ts";
import { graphOf, type Cell, type Graph } from "#app/domain/plan/graph.ts";
import type { RowStatus } from "#app/domain/operation/progress.ts";
import type { Change } from "#app/domain/plan/plan.ts";
import { arrangementsWord, shortStepLabel, stepLabel, stepWord } from "./step-label.ts";
import type { StepRow } from "./step-rows.tsx";

export type GraphStep = StepRow;

const size = { head: 28, label: 100, column: 131, box: 113, line: 24, pad: 12, gap: 14 } as const;

/** A row with what is folded into it, which takes one line more. */
interface GraphLine extends GraphStep {
  readonly arrangements: readonly GraphStep[];
}

interface Placed {
  readonly cell: Cell<GraphLine>;
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

interface Layout {
  readonly width: number;
  readonly height: number;
  readonly tops: readonly number[];
  readonly placed: ReadonlyMap<string, Placed>;
}

export function StepGraph({ rows, title }: { readonly rows: readonly GraphStep[]; readonly title: string }) {
  const { t } = useTranslation();
  const graph = graphOf(foldRows(rows).map(({ row, arrangements }): GraphLine => ({ ...row, arrangements })));
  const layout = layOut(graph);
  return (
    <div className="b-graph" tabIndex={0} role="region" aria-label={t("graph.region", { title })}>
      <svg
        width={layout.width}
        height={layout.height}
        viewBox={`0 0 ${layout.width} ${layout.height}`}
        role="img"
        aria-label={t("graph.spoken", { title })}
      >
        <defs>
          <marker id="b-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0L8 4L0 8z" className="b-graph-tip" />
          </marker>
        </defs>
        {graph.columns.map((phase, column) => (
          <text key={phase} x={xOf(column)} y={16} className="b-graph-phase">
            {t(`phase.${phase}`)}
          </text>
        ))}
        {graph.lanes.map((machine, lane) => (
          <Lane key={machine ?? ""} name={machine ?? t("operation.allMachines")} y={layout.tops[lane] ?? 0} width={layout.width} />
        ))}
        {graph.arrows.map(([from, to]) => (
          <Arrow key={`${from} ${to}`} from={layout.placed.get(from)} to={layout.placed.get(to)} />
        ))}
        {[...layout.placed.values()].map((placed) => (
          <Box key={placed.cell.id} placed={placed} all={rows} t={t} />
        ))}
      </svg>
    </div>
  );
}

const xOf = (column: number): number => size.label + column * size.column;

const linesOf = (rows: readonly GraphLine[]): number => rows.length + rows.filter(({ arrangements }) => arrangements.length > 0).length;
const heightOf = (cell: Cell<GraphLine>): number => linesOf(cell.rows) * size.line + 8;

/** A lane is as high as its fullest cell. */
function layOut(graph: Graph<GraphLine>): Layout {
  const tops: number[] = [];
  let y: number = size.head;
  for (const [lane] of graph.lanes.entries()) {
    tops.push(y);
    const cells = graph.cells.filter((cell) => cell.lane === lane);
    y += Math.max(size.line, ...cells.map(heightOf)) + size.gap;
  }
  const placed = graph.cells.map((cell) => ({ cell, x: xOf(cell.column), y: (tops[cell.lane] ?? 0) + 4, height: heightOf(cell) }));
  return { width: xOf(graph.columns.length), height: y, tops, placed: new Map(placed.map((one) => [one.cell.id, one])) };
}

function Lane({ name, y, width }: { readonly name: string; readonly y: number; readonly width: number }) {
  return (
    <g>
      <line x1={0} x2={width} y1={y - 4} y2={y - 4} className="b-graph-lane" />
      <text x={0} y={y + 22} className="b-graph-name">
        {name}
      </text>
    </g>
  );
}

function Arrow({ from, to }: { readonly from: Placed | undefined; readonly to: Placed | undefined }) {
  if (from === undefined || to === undefined) return null;
  const [x1, y1] = [from.x + size.box, from.y + 16];
  const [x2, y2] = [to.x - 2, to.y + 16];
  const middle = x2 - (size.column - size.box) / 2;
  return (
    <path d={y1 === y2 ? `M${x1} ${y1}H${x2}` : `M${x1} ${y1}H${middle}V${y2}H${x2}`} className="b-graph-arrow" markerEnd="url(#b-arrow)" />
  );
}

function Box({ placed, all, t }: { readonly placed: Placed; readonly all: readonly GraphStep[]; readonly t: TFunction }) {
  const { cell, x, y, height } = placed;
  return (
    <g>
      <rect x={x} y={y} width={size.box} height={height} rx={6} className="b-graph-box" />
      {cell.rows.map((row, index) => (
        <Line key={row.urn} row={row} x={x + size.pad - 4} y={y + 20 + linesOf(cell.rows.slice(0, index)) * size.line} all={all} t={t} />
      ))}
    </g>
  );
}

interface LineProps {
  readonly row: GraphLine;
  readonly x: number;
  readonly y: number;
  readonly all: readonly GraphStep[];
  readonly t: TFunction;
}

function Line({ row, x, y, all, t }: LineProps) {
  const { arrangements } = row;
  return (
    <>
      <text x={x} y={y} className="b-graph-step">
        <title>{`${row.name}: ${stepWord(row, all, t)}`}</title>
        <tspan className={`b-graph-sign b-graph-${toneOf(row)}`}>{signOf(row)}</tspan>
        <tspan dx={6}>{shortName(row, t)}</tspan>
      </text>
      {arrangements.length > 0 && <ArrangementsLine rows={arrangements} x={x} y={y + size.line} t={t} />}
    </>
  );
}

/** The sign of the one that runs; else of the first that is not done. */
function ArrangementsLine({ rows, x, y, t }: Pick<LineProps, "x" | "y" | "t"> & { readonly rows: readonly GraphStep[] }) {
  const shown = rows.find(({ status }) => status === "running") ?? rows.find(({ status }) => status !== "done") ?? rows[0];
  const names = rows.map((row) => stepLabel(row, t) ?? row.name).join(", ");
  return (
    <text x={x} y={y} className="b-graph-step">
      <title>{[names, arrangementsWord(rows, t)].filter((part) => part !== null).join(" · ")}</title>
      {shown !== undefined && <tspan className={`b-graph-sign b-graph-${toneOf(shown)}`}>{signOf(shown)}</tspan>}
      <tspan dx={6}>{t("arrangements.inGraph", { count: rows.length })}</tspan>
    </text>
  );
}

const changeSigns: Readonly<Record<Change, string>> = { create: "+", update: "~", replace: "±", delete: "−", same: "=" };
const statusSigns: Readonly<Record<RowStatus, string>> = { planned: "○", running: "▶", done: "✓", failed: "✕", skipped: "–" };
const changeTones: Readonly<Record<Change, string>> = {
  create: "good",
  update: "active",
  replace: "warning",
  delete: "bad",
  same: "quiet",
};
const statusTones: Readonly<Record<RowStatus, string>> = {
  planned: "quiet",
  running: "active",
  done: "good",
  failed: "bad",
  skipped: "quiet",
};

const signOf = (row: GraphStep): string => (row.status === null ? changeSigns[row.change] : statusSigns[row.status]);
const toneOf = (row: GraphStep): string => (row.status === null ? changeTones[row.change] : statusTones[row.status]);

/** Lane and column say the rest. */
const shortName = (row: GraphStep, t: TFunction): string => shortStepLabel(row, t) ?? row.name;
