/** The portal as the launcher runs it: where it listens, what it is told, how one sees that it is up. */
import { renameSync, rmSync, writeFileSync, appendFileSync, readFileSync, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "#app/foundation/config.server.ts";
import { compiledFolder } from "#app/foundation/paths.ts";
import type { SetupContext } from "#app/setup/step.ts";

export const runFolder = (home: string): string => join(home, "run");
export const portalSocket = (home: string): string => join(runFolder(home), "portal.sock");
export const connectorSocket = (home: string): string => join(runFolder(home), "connector.sock");
export const firstLinkFile = (home: string): string => join(runFolder(home), "first-link");
/** The portal writes its process id here once it listens. */
const listeningFile = (home: string): string => join(runFolder(home), "listening");
export const portalOutput = (home: string): string => join(runFolder(home), "portal.log");

/**
 * Words for Node.js before the portal's program. V8 collects a heap late when it may become large, and a young generation
 * that is large rarely and then for long: with these limits an idle portal stays small, and no request waits for a long
 * collection.
 */
export const portalFlags = ["--max-old-space-size=1024", "--max-semi-space-size=4"] as const;

/** Environment of the portal: the operator's settings plus what the launcher decided. */
export function portalEnv(c: SetupContext, env: NodeJS.ProcessEnv): Record<string, string | undefined> {
  const { config, hypervisor } = c;
  return {
    ...env,
    NODE_ENV: "production",
    BERTH_HOME: config.home,
    BERTH_CACHE: config.cache,
    BERTH_LISTEN: hypervisor.mode === "private" ? `unix:${portalSocket(config.home)}` : tcpText(config),
    BERTH_LIBVIRT_URI: hypervisor.uri,
    BERTH_HYPERVISOR: hypervisor.mode,
    BERTH_PUBLIC_URL: config.publicUrl,
    NODE_COMPILE_CACHE: compiledFolder(config.cache),
    // libvirt's and Debian's system programs must be found whatever the person's own PATH is.
    PATH: `${env.PATH ?? ""}:/usr/sbin:/sbin`,
  };
}

const tcpText = (config: Config): string => `${config.address.includes(":") ? `[${config.address}]` : config.address}:${config.port}`;

/** What an earlier portal wrote there says nothing about the next one. */
export const forgetListening = (home: string): void => rmSync(listeningFile(home), { force: true });

/**
 * Resolves when the portal that was started last listens, or at the signal. Its own word counts, not an answer at its
 * address: another program could answer there.
 */
export async function portalListens(home: string, pid: () => number | null, signal: AbortSignal): Promise<void> {
  const listens = async (): Promise<boolean> => Number(await readFile(listeningFile(home), "utf8").catch(() => "0")) === pid();
  while (!signal.aborted && !(await listens())) await sleep(100);
}

/** Calls `onLink` with the one-time link when the portal has written it, now or later; each link once. */
export function followFirstLink(home: string, onLink: (link: string) => void): { readonly close: () => void } {
  const file = firstLinkFile(home);
  let last = "";
  const look = async (): Promise<void> => {
    const link = (await readFile(file, "utf8").catch(() => "")).trim();
    if (link === "" || link === last) return;
    last = link;
    onLink(link);
  };
  const watcher = watch(dirname(file), (_, name) => {
    if (name === null || name === basename(file)) void look();
  });
  void look();
  return { close: () => watcher.close() };
}

export interface OutputFile {
  readonly add: (line: string) => void;
  /** The last few lines, for the terminal when the portal ended by itself. */
  readonly tail: () => readonly string[];
}

/** The portal's own output; that of the run before is kept beside it. */
export function openOutput(path: string): OutputFile {
  try {
    if (readFileSync(path).length > 0) renameSync(path, `${path}.1`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  writeFileSync(path, "", { mode: 0o600 });
  let tail: string[] = [];
  return {
    add: (line) => {
      appendFileSync(path, `${line}\n`);
      tail = [...tail, line].slice(-8);
    },
    tail: () => tail,
  };
}
