/**
 * `npm run faults [-- --seed N --minutes N --rounds N words for vitest]`: the whole fault suite inside a private libvirt of
 * its own: every point there is, in an order drawn from the seed. With `--minutes` as many rounds as fit in place of
 * that, each a sample spread over everything, with the next seed; with `--rounds N` so many. The last line has the counts.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "#app/server/config.server.ts";
import { repoFolder } from "#app/setup/all-steps.ts";
import { withPrivateLibvirt } from "#app/setup/private-libvirt.ts";
import { prepareMachines } from "#app/setup/test-machines.ts";
import { printed, totalsOf } from "./report.ts";

interface Wish {
  readonly seed: number;
  /** Bounds of a run of samples; without any bound every point is tried. */
  readonly minutes: number | null;
  readonly rounds: number | null;
  readonly words: readonly string[];
}

function wishFrom(args: readonly string[]): Wish {
  const after = (name: string): number | null => {
    const at = args.indexOf(name);
    const value = Number(args[at + 1]);
    if (at >= 0 && !(value > 0)) throw new Error(`reading the words of the command: ${name} wants a number`);
    return at < 0 ? null : value;
  };
  const taken = (i: number): boolean => [args[i], args[i - 1]].some((w) => w === "--seed" || w === "--minutes" || w === "--rounds") || args[i] === "--";
  return { seed: after("--seed") ?? Date.now() % 1_000_000, minutes: after("--minutes"), rounds: after("--rounds"), words: args.filter((_, i) => !taken(i)) };
}

let current: ChildProcess | null = null;
let stopping = false;
const stop = (): void => {
  stopping = true;
  current?.kill("SIGTERM");
};
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);

function exitCode(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const [program = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    current = spawn(program, args, { cwd: repoFolder, stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, ...env } });
    current.once("error", reject);
    current.once("close", (code) => resolve(code ?? 1));
  });
}

/** Without machines first: what they show, they show in minutes. */
const parts = [
  { config: "vitest.config.ts", filter: "tests/faults/" },
  { config: "vitest.machines.config.ts", filter: "tests/faults/machines/" },
];

/** Zero when it was stopped before it began. */
async function runPart({ config, filter }: (typeof parts)[number], words: readonly string[], env: Readonly<Record<string, string>>, inside: (argv: readonly string[]) => readonly string[]): Promise<number> {
  if (stopping) return 0;
  const vitest = [process.execPath, join(repoFolder, "node_modules", ".bin", "vitest"), "run", "--config", join(".config", config)];
  return await exitCode(inside([...vitest, filter, ...words]), env);
}

async function main(wish: Wish): Promise<number> {
  const config = readConfig(process.env, process.getuid?.() ?? -1);
  await prepareMachines(config, (line) => console.log(line));
  const bounded = wish.minutes !== null || wish.rounds !== null;
  const rounds = bounded ? (wish.rounds ?? Number.POSITIVE_INFINITY) : 1;
  const timer = wish.minutes === null ? undefined : setTimeout(stop, wish.minutes * 60_000);
  const home = await mkdtemp(join(tmpdir(), "berth-faults-run-"));
  const report = join(home, "report.jsonl");
  await writeFile(report, "");
  const codes: number[] = [];
  try {
    await withPrivateLibvirt(join(home, "libvirt"), async (libvirt) => {
      for (let round = 0; round < rounds && !stopping; round += 1) {
        const seed = wish.seed + round;
        console.log(`faults: seed ${seed}, ${bounded ? `a sample, round ${round + 1}` : "every point"}`);
        const env = { BERTH_CACHE: config.cache, BERTH_LIBVIRT_URI: libvirt.uri, BERTH_FAULTS: bounded ? "bounded" : "whole", BERTH_FAULTS_SEED: String(seed), BERTH_FAULTS_REPORT: report };
        for (const part of parts) codes.push(await runPart(part, wish.words, env, (argv) => libvirt.argv(argv, repoFolder)));
      }
    });
    const totals = totalsOf(existsSync(report) ? await readFile(report, "utf8") : "");
    console.log(`\n${printed(totals)}`);
    // Ended by its time, a run is good when what it tried was good.
    return totals.violations === 0 && (stopping || codes.every((c) => c === 0)) ? 0 : 1;
  } finally {
    clearTimeout(timer);
    await rm(home, { recursive: true, force: true });
  }
}

process.exitCode = await main(wishFrom(process.argv.slice(2)));
