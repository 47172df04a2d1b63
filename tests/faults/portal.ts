/** The driver's hand on one portal process: starts it, ends it by its pid, starts it again whenever it died. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import type { FailpointName } from "#app/ports/failpoint.ts";
import type { PortalOrder } from "./order.ts";

export interface Death {
  readonly at: number;
  /** How the process ended, as Node.js tells it. */
  readonly how: string;
}

export interface ArmedPoint {
  readonly name: FailpointName;
  readonly effect: "kill" | "stop" | "throw";
  /** Passages until it happens, this one included. */
  readonly nth: number;
}

export interface PortalOptions {
  /** One for the first process, one for the next, and so on (null: none); those that follow are whole. */
  readonly failpoints?: readonly (ArmedPoint | null)[];
  /** How long a process that a failpoint stopped stands still. */
  readonly stoppedMs?: number;
  /** Words put before the program, e.g. to enter a mount namespace. */
  readonly prefix?: readonly string[];
  /** Started again as soon as it died, as the launcher does. Default true. */
  readonly keepAlive?: boolean;
}

const program = new URL("portal-process.ts", import.meta.url).pathname;

export class Portal {
  readonly order: PortalOrder;
  readonly deaths: Death[] = [];
  /** Epoch milliseconds at which each process said that it is up. */
  readonly ups: number[] = [];
  /** Everything the processes wrote to standard error. */
  said = "";
  readonly #options: PortalOptions;
  #child: ChildProcess | null = null;
  #keepAlive: boolean;
  #up: Promise<void> = Promise.resolve();

  constructor(order: PortalOrder, options: PortalOptions = {}) {
    this.order = order;
    this.#options = options;
    this.#keepAlive = options.keepAlive ?? true;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** How many of the armed failpoints were reached. */
  get reached(): number {
    return (this.#options.failpoints ?? []).filter((f) => f !== null && this.said.includes(`failpoint ${f.name} `)).length;
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    this.#up = this.#launch();
    await this.#up;
  }

  /** Resolves when the process that runs now answers. */
  up(): Promise<void> {
    return this.#up;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Ends it for good. */
  async end(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.#keepAlive = false;
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
    child.kill("SIGCONT");
    child.kill(signal);
    await closed;
  }

  #launch(): Promise<void> {
    const point = this.#options.failpoints?.[this.deaths.length];
    const [first = process.execPath, ...rest] = [...(this.#options.prefix ?? []), process.execPath, program, JSON.stringify(this.order)];
    const armed =
      point === undefined || point === null ? {} : { BERTH_TESTS: "1", BERTH_FAILPOINTS: `${point.name}=${point.effect}@${point.nth}` };
    const child = spawn(first, rest, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...armed } });
    this.#child = child;
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.said = (this.said + text).slice(-200_000);
      if (/^failpoint .* SIGSTOP$/m.test(text)) setTimeout(() => child.kill("SIGCONT"), this.#options.stoppedMs ?? 2_500);
    });
    return new Promise((resolve) => {
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        if (!/^up$/m.test(text)) return;
        this.ups.push(Date.now());
        resolve();
      });
      child.once("close", (code, signal) => {
        this.deaths.push({ at: Date.now(), how: signal ?? `code ${code}` });
        // Whoever waits for this process waits for the next one.
        if (this.#keepAlive) this.#up = this.#again();
        resolve(this.#keepAlive ? this.#up : undefined);
      });
    });
  }

  /** A process that dies at once, again and again, is not started as fast as that. */
  async #again(): Promise<void> {
    if (this.deaths.length > 10) await new Promise((resolve) => setTimeout(resolve, 500));
    if (this.#keepAlive) await this.#launch();
  }
}

/** A loopback port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === "string") throw new Error("finding a free port: there is none");
  return address.port;
}
