/**
 * Running the Go tool the same way everywhere: without cgo, without what the user's own Go settings would change in
 * the result (flags, workspaces, cross-compilation), and without fetching another Go behind the person's back.
 */
import { spawn } from "node:child_process";
import { homedir } from "node:os";
import { createInterface } from "node:readline";

export class GoUnusable extends Error {
  override readonly name = "GoUnusable";
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface GoRun {
  readonly args: readonly string[];
  /** Folder of the Go module. */
  readonly cwd: string;
  readonly env?: Environment | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onLine: (line: string, stream: "stdout" | "stderr") => void;
}

const otherPlaces = ["/usr/local/go/bin/go", "/usr/lib/go-1.26/bin/go", "/usr/lib/go/bin/go"];
const forbidden = ["GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOEXPERIMENT", "GOROOT", "GOTOOLDIR"];

export function goEnvironment(env: Environment): Environment {
  const kept = Object.fromEntries(Object.entries(env).filter(([key]) => !forbidden.includes(key)));
  return {
    ...kept,
    HOME: env.HOME || homedir(),
    CGO_ENABLED: "0",
    GOFLAGS: "-mod=readonly -trimpath -buildvcs=false",
    GOWORK: "off",
    GOTOOLCHAIN: "local",
    GO111MODULE: "on",
  };
}

/** The path of a Go tool that is at least `oldest` (e.g. "1.26"). Throws {@link GoUnusable} with what to do. */
export async function findGo(oldest: string, env: Environment = process.env): Promise<string> {
  const advice = `Berth compiles its engine with Go ${oldest} or newer: install it and put "go" on the PATH.`;
  let found: string | undefined;
  for (const candidate of ["go", ...otherPlaces]) {
    const version = await goVersion(candidate, env);
    if (version !== null && atLeast(version, oldest)) return candidate;
    if (version !== null) found ??= version;
  }
  throw new GoUnusable(found === undefined ? `Go is missing. ${advice}` : `Go ${found} is too old. ${advice}`);
}

/** Runs Go and resolves with its exit code; lines go to `onLine` as they come. Rejects when aborted. */
export async function runGo(go: string, run: GoRun): Promise<number> {
  const child = spawn(go, run.args, {
    cwd: run.cwd,
    env: { ...goEnvironment(run.env ?? process.env) } as NodeJS.ProcessEnv,
    stdio: ["ignore", "pipe", "pipe"],
  });
  // Go removes its work folder and stops its compilers on an interrupt; on a kill it would leave both.
  const interrupt = (): void => void child.kill("SIGINT");
  run.signal?.addEventListener("abort", interrupt, { once: true });
  if (run.signal?.aborted) interrupt();
  try {
    const readers = [
      readLines(child.stdout, (line) => run.onLine(line, "stdout")),
      readLines(child.stderr, (line) => run.onLine(line, "stderr")),
    ];
    const [code] = await Promise.all([exitCode(child), ...readers]);
    run.signal?.throwIfAborted();
    return code;
  } finally {
    run.signal?.removeEventListener("abort", interrupt);
  }
}

async function goVersion(go: string, env: Environment): Promise<string | null> {
  const lines: string[] = [];
  try {
    await runGo(go, { args: ["env", "GOVERSION"], cwd: "/", env, onLine: (line) => lines.push(line) });
  } catch {
    return null;
  }
  return /^go(\d+\.\d+(?:\.\d+)?)/.exec(lines.at(0) ?? "")?.[1] ?? null;
}

function atLeast(version: string, oldest: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = oldest.split(".").map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

function exitCode(child: ReturnType<typeof spawn>): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}

async function readLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream })) onLine(line);
}
