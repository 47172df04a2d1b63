/**
 * Runs the Pulumi CLI for the Automation API. Unlike the API's own runner it gives the CLI a clean environment, ends it
 * when this process dies, and can insist when a first signal is not enough.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Kept of the error output for the message of a failure. Bytes. */
const keptOutput = 64 * 1024;

/** The CLI ended with another code than 0, by a signal, or was not started at all. */
export class CliFailure extends Error {
  override readonly name = "CliFailure";
  readonly output: string;
  readonly locked: boolean;
  /** What ended it; null: it ended by itself. */
  readonly signal: string | null;
  constructor(ending: string, output: string, signal: string | null = null) {
    super(`running the engine: ${ending}`);
    this.output = output;
    this.signal = signal;
    this.locked = output.includes("the stack is currently locked by");
  }
}

export interface Cli {
  readonly command: string;
  /** Always null: the version is pinned by the build, so none is asked for. */
  readonly version: null;
  run(args: string[], cwd: string, env: Record<string, string>): Promise<CliOutput>;
  /** First call: finish running steps, begin none. Second: stop at once. Later CLI processes are not started at all. */
  interrupt(): void;
  kill(): void;
  /** How many processes were started. */
  count(): number;
  /** How many were started and how many have ended: grows while something happens. */
  signs(): number;
}

interface CliOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** `scratch`: private folder for the CLI's error output. `base`: environment of every process. */
export function createCli(engineFolder: string, scratch: string, base: Readonly<Record<string, string>>): Cli {
  const command = join(engineFolder, "bin", "pulumi");
  let current: ChildProcess | null = null;
  let stopped = false;
  let started = 0;
  let over = 0;
  const run = async (args: string[], cwd: string, env: Record<string, string>): Promise<CliOutput> => {
    if (stopped) throw new CliFailure("stopped before it began", "");
    started++;
    const [file, ...rest] = commandLine(command, [...args, "--non-interactive"]);
    // Not a pipe: writing to one whose reader died would end the CLI before it has written the state.
    const errors = await open(join(scratch, `cli-${started}.err`), "w+", 0o600);
    try {
      current = spawn(file, rest, { cwd, env: environment(command, base, env), stdio: ["ignore", "ignore", errors.fd] });
      const { code, signal } = await ended(current);
      if (code === 0) return { stdout: "", stderr: "", code };
      throw new CliFailure(signal === null ? `exit code ${code}` : `ended by ${signal}`, await tailOf(errors), signal);
    } finally {
      current = null;
      over++;
      await errors.close();
    }
  };
  const interrupt = () => {
    stopped = true;
    current?.kill("SIGINT");
  };
  return {
    command,
    version: null,
    run,
    interrupt,
    kill: () => current?.kill("SIGKILL"),
    count: () => started,
    signs: () => started + over,
  };
}

const environment = (
  command: string,
  base: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv => ({
  NODE_ENV: "production",
  ...base,
  ...env,
  PATH: `${dirname(command)}:${base.PATH ?? "/usr/bin:/bin"}`,
  PULUMI_AUTOMATION_API: "true",
});

// The kernel sends the CLI its cooperative signal when this process dies, however it dies.
const deathSignal = "/usr/bin/setpriv";
const commandLine = (command: string, args: readonly string[]): [string, ...string[]] =>
  existsSync(deathSignal) ? [deathSignal, "--pdeathsig", "INT", "--", command, ...args] : [command, ...args];

function ended(child: ChildProcess): Promise<{ readonly code: number | null; readonly signal: string | null }> {
  return new Promise((resolve, reject) => {
    child.once("error", (cause) => reject(new CliFailure(cause.message, "")));
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
}

async function tailOf(file: FileHandle): Promise<string> {
  const { size } = await file.stat();
  const from = Math.max(0, size - keptOutput);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
  return buffer.toString("utf8", 0, bytesRead);
}
