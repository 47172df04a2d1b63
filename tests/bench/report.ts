/** Bench results as JSON and as a table for `docs/benchmarks.md`. */
import { cpus, totalmem } from "node:os";
import { type Estimate, estimate, ratios } from "./statistics.ts";

export interface Series {
  readonly name: string;
  readonly values: readonly number[];
}

export interface Comparison {
  readonly id: string;
  readonly title: string;
  readonly unit: "s" | "ms" | "rows/s" | "KiB" | "MiB";
  readonly ours: Series;
  readonly reference: Series;
}

export interface Result {
  readonly id: string;
  readonly title: string;
  readonly unit: Comparison["unit"];
  readonly ours: Estimate & { readonly name: string };
  readonly reference: Estimate & { readonly name: string };
  /** Pairwise, ours/reference. */
  readonly ratio: Estimate;
}

export const resultOf = (c: Comparison): Result => ({
  id: c.id,
  title: c.title,
  unit: c.unit,
  ours: { name: c.ours.name, ...estimate(c.ours.values) },
  reference: { name: c.reference.name, ...estimate(c.reference.values) },
  ratio: estimate(ratios(c.ours.values, c.reference.values)),
});

/** What the figures were measured on, without names. */
export const machineShape = (): string =>
  `${cpus().length} cores (${cpus()[0]?.model.trim() ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node.js ${process.versions.node}`;

const head = ["| | What | Berth | Reference | Ratio | Rounds |", "|---|---|---|---|---|---|"];

export const table = (results: readonly Result[]): string => [...head, ...results.map(row)].join("\n");

const row = (r: Result): string =>
  `| ${[
    r.id,
    r.title,
    `${figure(r.ours, r.unit)} (${r.ours.name})`,
    `${figure(r.reference, r.unit)} (${r.reference.name})`,
    `${number(r.ratio.median)} [${number(r.ratio.low)}–${number(r.ratio.high)}]`,
    String(r.ours.n),
  ].join(" | ")} |`;

const begin = "<!-- figures: written by npm run bench -- --write -->";
const end = "<!-- end of figures -->";

/**
 * The page with these results in its table, between its two marks. All rows of a bench that was run are replaced; those of
 * the others stay as they are.
 */
export function withRows(page: string, results: readonly Result[], shape: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error("writing the figures: the page has no place for them");
  const measured = new Set(results.map((r) => r.id));
  const kept = page
    .slice(from, to)
    .split("\n")
    .filter((line) => /^\| R\d+ /.test(line) && !measured.has(idOf(line)));
  const rows = [...kept, ...results.map(row)].toSorted((a, b) => Number(idOf(a).slice(1)) - Number(idOf(b).slice(1)));
  return `${page.slice(0, from)}${[begin, "", shape, "", ...head, ...rows, "", ""].join("\n")}${page.slice(to)}`;
}

const idOf = (line: string): string => /^\| (R\d+) /.exec(line)?.[1] ?? "R0";

const figure = (e: Estimate, unit: string): string => `${number(e.median)} ${unit} [${number(e.low)}–${number(e.high)}]`;

const number = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));
