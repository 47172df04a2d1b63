/**
 * `npm run bench [-- R4 R5 …]`: measures what is asked for (all by default), each beside its reference in the same run,
 * and prints the results as JSON and as the table of `docs/benchmarks.md`.
 */
import { berthPaths } from "#app/setup/paths.ts";
import { ensureEngine } from "#pulumi/toolchain/build.ts";
import { engineTax } from "./engine-tax.ts";
import { benchJournal } from "./journal.ts";
import { lineLatency } from "./line-latency.ts";
import { type Comparison, machineShape, resultOf, table } from "./report.ts";

const { cache } = berthPaths(process.env, process.getuid?.() ?? -1);
const wanted = process.argv.slice(2).filter((word) => /^R\d+$/.test(word));

type Bench = readonly [id: string, run: (engineFolder: string) => Promise<Comparison>];

const benches: readonly Bench[] = [
  ["R4", (engineFolder) => engineTax(engineFolder, 8)],
  ["R5", (engineFolder) => lineLatency(engineFolder, 6)],
  ["R7", () => benchJournal({ rows: 5_000, batch: 50, callers: 1, rounds: 7 })],
  ["R7", () => benchJournal({ rows: 5_000, batch: 50, callers: 20, rounds: 7 })],
];

const engineFolder = await ensureEngine({ cache, onLine: (line) => console.error(line) });
const results = [];
for (const [id, run] of benches) {
  if (wanted.length > 0 && !wanted.includes(id)) continue;
  console.error(`${id} …`);
  results.push(resultOf(await run(engineFolder)));
}
console.log(JSON.stringify({ shape: machineShape(), results }, null, 2));
console.log(`\n${machineShape()}\n\n${table(results)}`);
