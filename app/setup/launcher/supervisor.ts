/** Keeps one program running: started again with a growing pause when it ends by itself, ended cleanly when asked. */
import { type ChildProcess, spawn } from "node:child_process";

export interface SupervisedProgram {
  /** For the terminal: "the portal". */
  readonly name: string;
  /** Program first; asked at every start. */
  readonly argv: () => readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** How long it may take to end after SIGTERM. */
  readonly graceMs: number;
  readonly say: (line: string) => void;
  readonly onLine: (line: string) => void;
  /** Told at every start. */
  readonly onStart?: (pid: number) => void;
  /** Asked when it ended by itself: whether it is started again. Yes where this is left out. */
  readonly startsAgain?: (code: number | null) => boolean;
}

export interface Supervisor {
  readonly stop: () => Promise<void>;
}

const firstPauseMs = 500;
const longestPauseMs = 30_000;
/** A program that ran this long is healthy: its next end starts with a short pause again. */
const healthyMs = 60_000;

export function supervise(p: SupervisedProgram): Supervisor {
  let child: ChildProcess | null = null;
  let stopped = false;
  let pause = firstPauseMs;
  let timer: NodeJS.Timeout | undefined;
  const start = (): void => {
    const startedAt = Date.now();
    const running = launch(p);
    child = running;
    if (running.pid !== undefined) p.onStart?.(running.pid);
    running.once("close", (code, signal) => {
      child = null;
      if (stopped || p.startsAgain?.(code) === false) return;
      pause = Date.now() - startedAt > healthyMs ? firstPauseMs : Math.min(pause * 2, longestPauseMs);
      p.say(`${p.name} ended (${signal ?? `exit code ${code ?? "unknown"}`}); starting it again in ${pause / 1000} s`);
      timer = setTimeout(start, pause);
    });
  };
  start();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      if (child !== null) await end(child, p.graceMs);
    },
  };
}

/** Its own session, so that Ctrl-C reaches only us; the kernel ends it when we die without having announced it. */
function launch(p: SupervisedProgram): ChildProcess {
  const argv = ["--pdeathsig", "TERM", "--", ...p.argv()];
  const child = spawn("setpriv", argv, { cwd: p.cwd, env: p.env as NodeJS.ProcessEnv, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  child.on("error", (error) => p.say(`${p.name} did not start: ${error.message}`));
  for (const stream of [child.stdout, child.stderr]) if (stream !== null) readLines(stream, p.onLine);
  return child;
}

function readLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  });
  stream.on("end", () => {
    if (rest !== "") onLine(rest);
  });
}

async function end(child: ChildProcess, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  child.kill("SIGTERM");
  const insist = setTimeout(() => child.kill("SIGKILL"), graceMs);
  await closed;
  clearTimeout(insist);
}
