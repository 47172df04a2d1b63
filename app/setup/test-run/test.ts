/**
 * `npm test`: sets up what is missing, runs every kind of test, and ends with the plain count of all of them.
 * `--fast` leaves out what needs Go, machines or a browser. Words after `--` go to vitest, and then only vitest runs.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Config, readConfig } from "#app/foundation/config.server.ts";
import { errorInEnglish } from "#app/messages/in-english.ts";
import { repoFolder } from "#app/setup/all-steps.ts";
import { compiledFolder } from "#app/foundation/paths.ts";
import { stopPrivateLibvirt, withPrivateLibvirt } from "#app/setup/libvirt/private-libvirt.ts";
import { stamped } from "#app/foundation/terminal.ts";
import { prepareMachines } from "./test-machines.ts";
import { add, type Counts, lastLine, succeeded, vitestCounts, vitestFailures } from "./test-counts.ts";
import { laneFolders, machineTestFiles, queueOf } from "./test-queue.ts";

const startedAt = Date.now();
const say = (text: string): void => console.log(stamped(startedAt, Date.now(), text));

const nothing: Counts = { passed: 0, failed: 0 };
const oneFailed: Counts = { passed: 0, failed: 1 };

interface Run {
  readonly name: string;
  readonly run: () => Promise<Counts>;
}

/** What failed, a line each: printed again before the last line, because the end of a long log is what people see. */
const failures: string[] = [];

/** Asked to stop: the running program is ended, nothing more starts, and what was made for the tests goes away. */
let stopping = false;
const running = new Set<ChildProcess>();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    stopping = true;
    for (const child of running) child.kill("SIGTERM");
  });
}

/** Runs a program on this terminal; resolves to its exit code. */
function exitCode(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const [program = "", ...args] = argv;
    const child = spawn(program, args, { cwd: repoFolder, stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, ...env } });
    running.add(child);
    child.once("error", reject);
    child.once("close", (code) => {
      running.delete(child);
      resolve(code ?? 1);
    });
  });
}

const oneOf = async (argv: readonly string[]): Promise<Counts> => ((await exitCode(argv)) === 0 ? { passed: 1, failed: 0 } : oneFailed);

const program = (name: string): string => join(repoFolder, "node_modules", ".bin", name);

/** The words that run vitest with a report in `report`. */
const vitestWords = (config: string, report: string, words: readonly string[]): readonly string[] => [
  ...[process.execPath, program("vitest"), "run", "--config", join(".config", config)],
  ...["--reporter=default", "--reporter=json", `--outputFile.json=${report}`, "--passWithNoTests", ...words],
];

async function vitest(argvOf: (report: string) => readonly string[], env: Readonly<Record<string, string>>): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), "berth-report-"));
  const report = join(folder, "report.json");
  try {
    const code = await exitCode(argvOf(report), env);
    if (!existsSync(report)) return oneFailed;
    const text = await readFile(report, "utf8");
    const counts = vitestCounts(text);
    failures.push(...vitestFailures(text).map((line) => line.replace(`${repoFolder}/`, "")));
    return code !== 0 && counts.failed === 0 ? add(counts, oneFailed) : counts;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Files of the machines' run are left out of the fast one, whatever its own settings say. */
const withoutMachines = [...laneFolders, "e2e"].map((folder) => `--exclude=tests/${folder}/**`);

const fastRun = (words: readonly string[]): Run => ({
  name: "tests without machines",
  run: () => vitest((report) => vitestWords("vitest.config.ts", report, [...withoutMachines, ...words]), {}),
});

/**
 * Runs each of these word lists with vitest, one after the other, inside a private libvirt with a state folder of its own; both are
 * gone afterwards.
 */
async function laneOf(config: Config, next: () => readonly string[] | undefined): Promise<Counts> {
  const home = await mkdtemp(join(tmpdir(), "berth-test-"));
  const temporary = join(home, "tmp");
  await mkdir(temporary);
  try {
    return await withPrivateLibvirt(join(home, "libvirt"), async (libvirt) => {
      const env = {
        TMPDIR: temporary,
        BERTH_HOME: join(home, "home"),
        BERTH_CACHE: config.cache,
        NODE_COMPILE_CACHE: compiledFolder(config.cache),
        BERTH_LIBVIRT_URI: libvirt.uri,
      };
      let counts = nothing;
      for (let words = next(); words !== undefined && !stopping; words = next()) {
        const wanted = words;
        const argv = (report: string) => libvirt.argv(vitestWords("vitest.machines.config.ts", report, wanted), repoFolder);
        counts = add(counts, await vitest(argv, env));
      }
      return counts;
    });
  } finally {
    await stopLibvirtsOf(temporary);
    await rm(home, { recursive: true, force: true });
  }
}

/** A test that was killed could not stop the machines of the homes that it had made below `folder`. */
async function stopLibvirtsOf(folder: string): Promise<void> {
  for (const home of await readdir(folder)) await stopPrivateLibvirt(join(folder, home, "libvirt"));
}

const machinesRun = (config: Config, words: readonly string[]): Run => ({
  name: "tests with machines",
  run: () => laneOf(config, queueOf([words])),
});

/** A tiny guest or a browser leaves half of two processors idle. With three lanes each test took twice as long. */
const lanes = 2;

/** Every file with machines but the end-to-end test: whichever lane is free takes the next one. */
const lanesRun = (config: Config): Run => ({
  name: "tests with machines",
  run: async () => {
    const next = queueOf(machineTestFiles(repoFolder).map((file) => [file]));
    const counts = await Promise.all(Array.from({ length: lanes }, () => laneOf(config, next)));
    return counts.reduce(add, nothing);
  },
});

/** A cluster with kubeadm takes both processors of a small host, so nothing runs beside it. */
const endToEndRun = (config: Config): Run => ({
  name: "the first cluster, end to end",
  run: () => laneOf(config, queueOf([["tests/e2e"]])),
});

const typecheck: Run = { name: "types", run: () => oneOf([process.execPath, program("tsc"), "--noEmit"]) };
const lint: Run = { name: "lint", run: () => oneOf(["npm", "run", "--silent", "lint"]) };

const goRun: Run = {
  name: "Go tests",
  run: async () => {
    const { testGo } = await import("#pulumi/toolchain/test-go.ts");
    return await testGo((line) => console.log(line));
  },
};

function runsFor(config: Config, fast: boolean, words: readonly string[]): readonly Run[] {
  if (words.length > 0) return fast ? [fastRun(words)] : [fastRun(words), machinesRun(config, words)];
  const first = existsSync(join(repoFolder, ".config", "biome.json")) ? [typecheck, lint] : [typecheck];
  return fast ? [...first, fastRun([])] : [...first, fastRun([]), goRun, endToEndRun(config), lanesRun(config)];
}

async function main(args: readonly string[]): Promise<Counts> {
  const split = args.indexOf("--");
  const options = split < 0 ? args : args.slice(0, split);
  const words = split < 0 ? [] : args.slice(split + 1);
  const fast = options.includes("--fast");
  const config = readConfig(process.env, process.getuid?.() ?? -1);
  let total = nothing;
  if (!fast) total = add(total, await guarded({ name: "set-up", run: () => prepareMachines(config, say).then(() => nothing) }));
  for (const run of runsFor(config, fast, words)) {
    if (stopping) return add(total, oneFailed);
    say(`${run.name} …`);
    const named = failures.length;
    const counts = await guarded(run);
    if (counts.failed > 0 && failures.length === named) failures.push(run.name);
    say(`${run.name}: ${lastLine(counts)}`);
    total = add(total, counts);
  }
  return total;
}

/** A runner that breaks is a failure to count, and no reason not to run the others. */
async function guarded(run: Run): Promise<Counts> {
  try {
    return await run.run();
  } catch (error) {
    say(`${run.name}: ${errorInEnglish(error)}`);
    return oneFailed;
  }
}

const total = await guardedMain();
for (const line of failures) console.log(`failed: ${line}`);
console.log(lastLine(total));
process.exitCode = succeeded(total) ? 0 : 1;

async function guardedMain(): Promise<Counts> {
  let counts = nothing;
  const failed = await guarded({
    name: "tests",
    run: async () => {
      counts = await main(process.argv.slice(2));
      return nothing;
    },
  });
  return add(counts, failed);
}
