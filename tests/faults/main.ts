/**
 * `npm run faults [-- --seed N --record FILE --lanes N --minutes N --rounds N words for vitest]`: the whole fault suite, or
 * the files whose names have the first word in them, inside private libvirts of its own: every point there is, in an order
 * drawn from the seed, in lanes beside each other (one for each processor unless said otherwise). It takes hours: with
 * `--record` what was tried is kept, and the same command continues from there; `--minutes` then says when this part of it
 * ends. Without a record `--minutes` means as many rounds as fit, each a sample spread over everything, with the next seed;
 * `--rounds N`: so many of them. The last line has the counts, of all parts where there is a record.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { readConfig } from "#app/foundation/config.server.ts";
import { repoFolder } from "#app/setup/all-steps.ts";
import { compiledFolder } from "#app/foundation/paths.ts";
import { withPrivateLibvirt } from "#app/setup/libvirt/private-libvirt.ts";
import { prepareMachines } from "#app/setup/test-run/test-machines.ts";
import { linesIn } from "./record-file.ts";
import { printed, totalsOf } from "./report.ts";

interface FaultOptions {
  readonly seed: number;
  /** Path of the file that outlives the run. */
  readonly record: string | null;
  readonly lanes: number;
  /** Null: until everything was tried, or for ever in samples. */
  readonly minutes: number | null;
  /** Of samples; null: every point is tried. */
  readonly rounds: number | null;
  readonly words: readonly string[];
}

const settings = ["--seed", "--record", "--lanes", "--minutes", "--rounds"] as const;

function faultOptions(args: readonly string[]): FaultOptions {
  const after = (name: (typeof settings)[number]): string | null => {
    const at = args.indexOf(name);
    return at < 0 ? null : (args[at + 1] ?? "");
  };
  const number = (name: (typeof settings)[number]): number | null => {
    const said = after(name);
    if (said !== null && !(Number(said) > 0)) throw new Error(`reading the words of the command: ${name} wants a number`);
    return said === null ? null : Number(said);
  };
  const record = after("--record");
  const minutes = number("--minutes");
  const rounds = number("--rounds") ?? (minutes !== null && record === null ? Number.POSITIVE_INFINITY : null);
  const lanes = rounds === null ? (number("--lanes") ?? availableParallelism()) : 1;
  const taken = (i: number): boolean => [args[i], args[i - 1]].some((w) => settings.some((name) => name === w)) || args[i] === "--";
  const words = args.filter((_, i) => !taken(i));
  return {
    seed: number("--seed") ?? Date.now() % 1_000_000,
    record: record === null ? null : resolve(record),
    lanes,
    minutes,
    rounds,
    words,
  };
}

const running = new Set<ChildProcess>();
let stopping = false;
const stop = (): void => {
  stopping = true;
  for (const child of running) child.kill("SIGTERM");
};
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);

function exitCode(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const [program = "", ...args] = argv;
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const child = spawn(program, args, { cwd: repoFolder, stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, ...env } });
  running.add(child);
  child.once("error", reject);
  child.once("close", (code) => {
    running.delete(child);
    resolve(code ?? 1);
  });
  return promise;
}

/** Without machines first: what they show, they show in minutes. */
const parts = [
  { config: "vitest.config.ts", filter: "tests/faults/" },
  { config: "vitest.machines.config.ts", filter: "tests/faults/machines/" },
];

/** The commit this is, for the record: parts of one run may be days and fixes apart. */
async function treeHere(): Promise<string> {
  const git = async (...words: readonly string[]) => await execa("git", words, { cwd: repoFolder, reject: false });
  const { stdout, exitCode } = await git("rev-parse", "--short", "HEAD");
  if (exitCode !== 0) return "unknown";
  const changed = (await git("diff", "--quiet", "HEAD", "--", ".", ":(exclude)tests/faults/tried.jsonl")).exitCode !== 0;
  return changed ? `${stdout}-dirty` : stdout;
}

/** One lane of one round, in a libvirt of its own: lanes stop libvirtd and cut networks. Zero when it was stopped before it began. */
async function runLane(
  options: FaultOptions,
  {
    lane,
    seed,
    report,
    tree,
    cache,
  }: { readonly lane: number; readonly seed: number; readonly report: string; readonly tree: string; readonly cache: string },
): Promise<number> {
  const env = {
    BERTH_CACHE: cache,
    NODE_COMPILE_CACHE: compiledFolder(cache),
    BERTH_FAULTS: options.rounds === null ? "whole" : "bounded",
    BERTH_FAULTS_SEED: String(seed),
    BERTH_FAULTS_REPORT: report,
    BERTH_FAULTS_TREE: tree,
    BERTH_FAULTS_LANE: `${lane}/${options.lanes}`,
  };
  // vitest runs what any of its filters names, so a file's name stands in place of the folder's.
  const isOneFile = /^[^-]/.test(options.words[0] ?? "");
  // Where every point of a list held in an earlier part, its suite has no test left; and the file is in one of the two parts.
  const mayBeEmpty = options.rounds === null || isOneFile ? ["--passWithNoTests"] : [];
  return await withPrivateLibvirt(null, async (libvirt) => {
    const codes: number[] = [];
    for (const { config, filter } of parts) {
      if (stopping) break;
      const vitest = [
        process.execPath,
        join(repoFolder, "node_modules", ".bin", "vitest"),
        "run",
        "--config",
        join(".config", config),
        "--reporter",
        "verbose",
        ...mayBeEmpty,
      ];
      codes.push(
        await exitCode(libvirt.argv([...vitest, ...(isOneFile ? [] : [filter]), ...options.words], repoFolder), {
          ...env,
          BERTH_LIBVIRT_URI: libvirt.uri,
        }),
      );
    }
    return Math.max(0, ...codes);
  });
}

/** The seed of the record's first part, if there was one. */
async function seedOf(record: string): Promise<number | null> {
  const text = await readFile(record, "utf8").catch(() => "");
  return linesIn(text)[0]?.seed ?? null;
}

async function main(options: FaultOptions): Promise<number> {
  const config = readConfig(process.env, process.getuid?.() ?? -1);
  await prepareMachines(config, (line) => console.log(line));
  const timer = options.minutes === null ? undefined : setTimeout(stop, options.minutes * 60_000);
  const home = await mkdtemp(join(tmpdir(), "berth-faults-run-"));
  const report = options.record ?? join(home, "report.jsonl");
  const firstSeed = (options.record === null ? null : await seedOf(options.record)) ?? options.seed;
  const tree = await treeHere();
  await appendFile(report, "");
  const codes: number[] = [];
  try {
    for (let round = 0; round < (options.rounds ?? 1) && !stopping; round += 1) {
      const seed = firstSeed + round;
      console.log(
        `faults: seed ${seed}, ${options.rounds === null ? `every point, in ${options.lanes} lanes` : `a sample, round ${round + 1}`}`,
      );
      const lanes = Array.from({ length: options.lanes }, (_, lane) => runLane(options, { lane, seed, report, tree, cache: config.cache }));
      codes.push(...(await Promise.all(lanes)));
    }
    const totals = totalsOf(await readFile(report, "utf8"));
    console.log(`\n${printed(totals)}`);
    if (!stopping && codes.some((c) => c !== 0) && totals.violations === 0)
      console.log("(a test broke off: see above; its point is tried again by the next part)");
    if (stopping) console.log("(ended by its time or a signal: there are points that were not tried)");
    // Ended by its time, a run is good when what it tried was good.
    return totals.violations === 0 && (stopping || codes.every((c) => c === 0)) ? 0 : 1;
  } finally {
    clearTimeout(timer);
    await rm(home, { recursive: true, force: true });
  }
}

process.exitCode = await main(faultOptions(process.argv.slice(2)));
