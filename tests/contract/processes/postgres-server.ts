/**
 * A PostgreSQL of its own in a temporary folder, from Debian's binaries, reachable by unix socket only. The server
 * refuses to run as root, so root starts it as `nobody`; it ends with the process that started it.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface PostgresServer {
  readonly folder: string;
  url(database: string): string;
  stop(): Promise<void>;
}

export async function startPostgres(): Promise<PostgresServer> {
  const bin = await newestBinaries();
  const folder = await mkdtemp(join(tmpdir(), "berth-pg-"));
  const asRoot = process.getuid?.() === 0;
  if (asRoot) await chown(folder, 65_534, 65_534);
  const as = [...(asRoot ? ["--reuid=65534", "--regid=65534", "--clear-groups"] : []), "--pdeathsig=INT"];
  const cluster = join(folder, "db");
  await run(
    "setpriv",
    [...as, join(bin, "initdb"), "-D", cluster, "-U", "berth", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
    { cwd: folder },
  );
  const settings = ["listen_addresses=", `unix_socket_directories=${folder}`, "fsync=off", "shared_buffers=32MB", "max_connections=120"];
  const server = spawn("setpriv", [...as, join(bin, "postgres"), "-D", cluster, ...settings.flatMap((s) => ["-c", s])], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  await untilReady(server);
  return {
    folder,
    url: (database) => `postgres://berth@/${database}?host=${encodeURIComponent(folder)}`,
    stop: async () => {
      const ended = once(server, "exit");
      server.kill("SIGINT");
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

async function newestBinaries(): Promise<string> {
  const root = "/usr/lib/postgresql";
  const versions = (await readdir(root).catch(() => [])).map(Number).filter(Number.isInteger);
  if (versions.length === 0)
    throw new Error("starting PostgreSQL for the contract tests: its binaries are missing; install the Debian package postgresql-15");
  return join(root, String(Math.max(...versions)), "bin");
}

async function untilReady(server: ChildProcess): Promise<void> {
  if (!server.stderr) throw new Error("starting PostgreSQL: it has no stderr");
  const said: string[] = [];
  // Read on for good: a full pipe would stop the server.
  const lines = createInterface({ input: server.stderr });
  await new Promise<void>((resolve, reject) => {
    lines.on("line", (text) => {
      if (said.length < 50) said.push(text);
      if (text.includes("ready to accept connections")) resolve();
    });
    server.on("exit", (code) => reject(new Error(`starting PostgreSQL: it ended with code ${code}: ${said.join("\n")}`)));
  });
}
