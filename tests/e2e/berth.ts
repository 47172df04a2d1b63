/** The whole of Berth as `npm start` runs it, with a home of its own, and what a person's machine has beside it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { berthPaths } from "#app/foundation/paths.ts";
import { stopPrivateLibvirt } from "#app/setup/libvirt/private-libvirt.ts";
import { processesInside } from "#app/setup/libvirt/namespaces.ts";
import { signalProcess } from "#app/foundation/process.ts";
import { waitGone } from "#app/foundation/processes.ts";

const repo = new URL("../..", import.meta.url).pathname;
export const cache = berthPaths(process.env, process.getuid?.() ?? 0).cache;

export interface Berth {
  readonly home: string;
  readonly url: string;
  /** Null where somebody has an account already. */
  readonly firstLink: string | null;
  /** Everything that the launcher printed so far. */
  readonly terminal: () => string;
  /** Process id of the portal now. */
  readonly portalPid: () => number;
  stop(): Promise<void>;
  /** The launcher, the portal, every run, libvirt and all machines are killed at once, as a power cut would. */
  pullThePlug(): Promise<void>;
}

export interface Start {
  readonly home: string;
  readonly port: number;
  readonly settings?: Readonly<Record<`BERTH_${string}`, string>>;
  /** Nobody has an account yet: wait for the link that makes the first one. */
  readonly first: boolean;
}

/** Starts it and waits until set-up is complete, and for the first link where there is one to come. */
export async function startBerth({ home, port, settings = {}, first }: Start): Promise<Berth> {
  const env = { ...process.env, BERTH_HOME: home, BERTH_CACHE: cache, BERTH_PORT: String(port), BERTH_HYPERVISOR: "private", ...settings };
  const child = spawn(process.execPath, ["app/setup/launcher/launch.ts"], { cwd: repo, env, stdio: ["ignore", "pipe", "inherit"] });
  const printed: string[] = [];
  const lines = createInterface({ input: child.stdout });
  const link = first ? lineWith(lines, printed, child, /works once: (\S+)/) : Promise.resolve(null);
  const complete = lineWith(lines, printed, child, /set-up is complete/);
  const firstLink = await link;
  await complete;
  return {
    home,
    url: `http://127.0.0.1:${port}`,
    firstLink,
    terminal: () => printed.join("\n"),
    portalPid: () => (JSON.parse(readFileSync(join(home, "run", "portal.json"), "utf8")) as { pid: number }).pid,
    stop: () => stop(child),
    pullThePlug: () => pullThePlug(home, child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (isOver(child)) return;
  const closed = once(child, "close");
  child.kill("SIGTERM");
  await closed;
}

const isOver = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

async function pullThePlug(home: string, launcher: ChildProcess): Promise<void> {
  const closed = once(launcher, "close");
  const inside = processesInside(join(home, "libvirt"));
  launcher.kill("SIGKILL");
  for (const { pid } of inside) signalProcess(pid, "SIGKILL");
  await closed;
  if (!(await waitGone(inside, 30_000))) throw new Error("pulling the plug: something goes on");
}

/** Ends the machines' libvirt too and removes what was on disk. */
export async function removeHome(home: string): Promise<void> {
  await stopPrivateLibvirt(join(home, "libvirt"));
  await rm(home, { recursive: true, force: true });
}

/** First capture of the first line that fits; rejects when the launcher ends before. */
function lineWith(lines: NodeJS.EventEmitter, printed: string[], child: ChildProcess, wanted: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    lines.on("line", (line: string) => {
      if (printed.at(-1) !== line) printed.push(line);
      const found = wanted.exec(line);
      if (found) resolve(found[1] ?? "");
    });
    child.once("close", (code) => reject(new Error(`the launcher ended with ${code}:\n${printed.join("\n")}`)));
  });
}

/** The kubectl that was built for the guest image; it runs on this machine as well. */
export function kubectl(): string {
  const folder = join(cache, "artefacts", "kubernetes-bin");
  const [newest] = readdirSync(folder).filter((name) => !name.includes(".partial"));
  if (newest === undefined) throw new Error(`looking for kubectl: nothing was built in ${folder}`);
  return join(folder, newest, "kubectl");
}
