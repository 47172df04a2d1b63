/** Counts of a run of the fault suite: each test adds its lines to one file, and `npm run faults` adds them up. */
import { seed } from "./points.ts";
import type { Violation } from "./oracle.ts";
import { addLine, linesIn, type TriedLine } from "./record-file.ts";

export function record(
  line: Omit<TriedLine, "seed" | "tree" | "violations" | "measured"> & {
    readonly violations: readonly Violation[];
    readonly measured?: Readonly<Record<string, number>>;
  },
): void {
  addLine({ measured: {}, ...line, violations: [...line.violations], seed });
}

export interface Totals {
  readonly killPoints: number;
  readonly faults: number;
  readonly violations: number;
  /** How often each kind was tried, most first. */
  readonly by: readonly (readonly [what: string, tried: number, violations: number])[];
  readonly broken: readonly string[];
  /** Commits that points were tried on, with how many, in the order of the record. */
  readonly trees: readonly (readonly [tree: string, tried: number])[];
  /** Median and worst of each figure. */
  readonly measured: Readonly<Record<string, { readonly median: number; readonly worst: number; readonly of: number }>>;
}

export function totalsOf(text: string): Totals {
  // A place that was tried again counts once, with what came of it last.
  const tried = linesIn(text).filter((l) => l.kind !== "held");
  const lines = [...new Map(tried.map((l) => [`${l.seed} ${l.what} ${l.where}`, l])).values()];
  const groups = [...Map.groupBy(lines, (l) => l.what)];
  const count = (some: readonly TriedLine[]) => some.reduce((n, l) => n + l.violations.length, 0);
  return {
    killPoints: lines.filter((l) => l.kind === "kill").length,
    faults: lines.filter((l) => l.kind === "fault").length,
    violations: count(lines),
    by: groups.map(([what, some]) => [what, some.length, count(some)] as const).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)),
    broken: lines.flatMap((l) => l.violations.map((v) => `seed ${l.seed}, ${l.what}, ${l.where}: ${v.promise}: ${v.says}`)),
    trees: [...Map.groupBy(lines, (l) => l.tree)].map(([tree, some]) => [tree, some.length] as const),
    measured: figuresOf(lines),
  };
}

function figuresOf(lines: readonly TriedLine[]): Totals["measured"] {
  const all = Map.groupBy(
    lines.flatMap((l) => Object.entries(l.measured)),
    ([name]) => name,
  );
  return Object.fromEntries(
    [...all].map(([name, pairs]) => {
      const values = pairs.map(([, value]) => value).sort((a, b) => a - b);
      return [name, { median: values[Math.floor(values.length / 2)] ?? 0, worst: values.at(-1) ?? 0, of: values.length }];
    }),
  );
}

export function printed(t: Totals): string {
  const rows = t.by.map(([what, tried, violations]) => `  ${String(tried).padStart(5)}  ${String(violations).padStart(3)}  ${what}`);
  const figures = Object.entries(t.measured).map(
    ([name, f]) => `  ${name}: median ${Math.round(f.median)}, worst ${Math.round(f.worst)} (${f.of})`,
  );
  const broken = t.broken.length === 0 ? [] : ["", "Violations:", ...t.broken.map((b) => `  ${b}`)];
  return [
    "  tried  bad  what",
    ...rows,
    ...(figures.length === 0 ? [] : ["", "Measured:", ...figures]),
    ...broken,
    "",
    `Tried on: ${t.trees.map(([tree, tried]) => `${tree} (${tried})`).join(", ")}`,
    `kill points tried: ${t.killPoints}, faults tried: ${t.faults}, violations: ${t.violations}`,
  ].join("\n");
}
