/**
 * `npm run bench [-- R4 R5 …]`: measures what is asked for (all but R1 by default), each beside its reference in the same
 * run, and prints the results as JSON and as a table.
 *
 *     --pairs N     pairs of R1, which boots clusters and takes about ten minutes each (7)
 *     --short       few rounds and small crowds: shows that everything runs, not how fast it is
 *     --write       puts what was measured into docs/benchmarks.md, as far as it came
 */
import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { berthPaths } from "#app/foundation/paths.ts";
import { ensureEngine } from "#pulumi/toolchain/build.ts";
import { coldCreate } from "./cold-create.ts";
import { engineTax } from "./engine-tax.ts";
import { fanOut } from "./fan-out.ts";
import { benchJournal } from "./journal.ts";
import { benchLists } from "./lists/lists.ts";
import { lineLatency } from "./line-latency.ts";
import { idleMemory, operationMemory } from "./memory.ts";
import { type Comparison, machineShape, resultOf, table, withRows } from "./report.ts";
import { storm } from "./storm.ts";

const page = new URL("../../docs/benchmarks.md", import.meta.url);
const { cache } = berthPaths(process.env, process.getuid?.() ?? -1);
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pairs: { type: "string", default: "7" },
    short: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});
const pairs = Number(options.pairs);
if (!Number.isInteger(pairs) || pairs < 1)
  throw new Error(`npm run bench: --pairs is "${options.pairs}": it must be a whole number from 1`);

/** As many rounds as asked for, or two. */
const rounds = (whole: number): number => (options.short ? 2 : whole);
const crowds = options.short ? [200] : [1_000, 10_000];

type Bench = readonly [id: string, run: (engineFolder: string) => Promise<Comparison | readonly Comparison[]>];

const benches: readonly Bench[] = [
  ["R1", () => coldCreate(pairs)],
  ["R4", (engineFolder) => engineTax(engineFolder, rounds(8))],
  ["R5", (engineFolder) => lineLatency(engineFolder, rounds(6))],
  ...crowds.flatMap((viewers): readonly Bench[] => [
    ["R6", () => fanOut({ viewers, perSecond: 20, events: 60, rounds: rounds(5) })],
    ["R6", () => fanOut({ viewers, perSecond: 200, events: viewers > 1_000 ? 200 : 400, rounds: rounds(5) })],
  ]),
  ["R7", () => benchJournal({ rows: 5_000, batch: 50, callers: 1, rounds: rounds(7) })],
  ["R7", () => benchJournal({ rows: 5_000, batch: 50, callers: 20, rounds: rounds(7) })],
  ["R9", () => idleMemory(rounds(5))],
  ["R9", (engineFolder) => operationMemory(engineFolder, 1, rounds(5))],
  ["R9", (engineFolder) => operationMemory(engineFolder, 3, rounds(5))],
  [
    "R12",
    () =>
      benchLists(options.short ? { clusters: 200, operations: 2_000, rounds: 2 } : { clusters: 10_000, operations: 100_000, rounds: 20 }),
  ],
  ...crowds.map((viewers): Bench => ["R11", () => storm({ viewers, missed: 200, rounds: rounds(5) })]),
];

const known = new Set(benches.map(([id]) => id));
const unknown = positionals.filter((word) => !known.has(word));
if (unknown.length > 0) throw new Error(`npm run bench: there is no ${unknown.join(", ")}; there are ${[...known].join(", ")}`);
const wanted = (id: string): boolean => (positionals.length > 0 ? positionals.includes(id) : id !== "R1");

const engineFolder = await ensureEngine({ cache, onLine: (line) => console.error(line) });
const results = [];
for (const [id, run] of benches) {
  if (!wanted(id)) continue;
  console.error(`${id} …`);
  const measured = await run(engineFolder);
  results.push(...[measured].flat().map(resultOf));
  if (options.write) await writeFile(page, withRows(await readFile(page, "utf8"), results, machineShape()));
}
console.log(JSON.stringify({ shape: machineShape(), results }, null, 2));
console.log(`\n${machineShape()}\n\n${table(results)}`);
