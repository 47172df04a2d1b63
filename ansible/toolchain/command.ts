/**
 * Runs the programs that builds are made of (go, mmdebstrap, mke2fs, …). Their output goes to the caller line by line;
 * a failure says what was being done and repeats the last lines.
 */
import { spawn } from "node:child_process";
import { setPriority } from "node:os";
import { createInterface } from "node:readline";

export type OnLine = (line: string) => void;

export interface CommandRequest {
  /** What is being done, as in "building etcd"; begins the error message. */
  readonly doing: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly onLine?: OnLine;
  readonly signal?: AbortSignal;
}

const REMEMBERED = 12;

/** Resolves with standard output (without the last line break); rejects when the program does not exit with 0. */
export function run(request: CommandRequest): Promise<string> {
  const child = spawn(request.file, request.args, {
    cwd: request.cwd,
    env: { ...process.env, ...request.env },
    stdio: ["ignore", "pipe", "pipe"],
    signal: request.signal,
  });
  yieldToOthers(child.pid);
  const out: string[] = [];
  const last: string[] = [];
  const take = (line: string): void => {
    request.onLine?.(line);
    if (last.push(line) > REMEMBERED) last.shift();
  };
  createInterface({ input: child.stdout }).on("line", (line) => {
    out.push(line);
    take(line);
  });
  createInterface({ input: child.stderr }).on("line", take);
  return new Promise((resolve, reject) => {
    child.on("error", (cause: NodeJS.ErrnoException) => reject(startError(request, cause)));
    child.on("close", (code, signal) => {
      if (code === 0) resolve(out.join("\n"));
      else reject(new Error(`${request.doing}: ${request.file} ended with ${code ?? signal}: ${last.join(" | ")}`));
    });
  });
}

const LOW = 10;

/** Previews need the engine, not the image, and the portal answers meanwhile: builds of images take what is left over. */
function yieldToOthers(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, LOW);
  } catch {
    // It has ended already.
  }
}

function startError(request: CommandRequest, cause: NodeJS.ErrnoException): Error {
  const why = cause.code === "ENOENT" ? `the program ${request.file} is not installed` : cause.message;
  return new Error(`${request.doing}: ${why}`, { cause });
}
