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
  readonly unit: "s" | "ms" | "rows/s";
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

export function table(results: readonly Result[]): string {
  const head = ["| | What | Berth | Reference | Ratio | Rounds |", "|---|---|---|---|---|---|"];
  const rows = results.map((r) =>
    [
      "",
      r.id,
      r.title,
      `${figure(r.ours, r.unit)} (${r.ours.name})`,
      `${figure(r.reference, r.unit)} (${r.reference.name})`,
      `${number(r.ratio.median)} [${number(r.ratio.low)}–${number(r.ratio.high)}]`,
      String(r.ours.n),
      "",
    ]
      .join(" | ")
      .trim(),
  );
  return [...head, ...rows].join("\n");
}

const figure = (e: Estimate, unit: string): string => `${number(e.median)} ${unit} [${number(e.low)}–${number(e.high)}]`;

const number = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));
