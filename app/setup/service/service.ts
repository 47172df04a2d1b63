/** Installs, removes and describes Berth as a systemd service. Everything it puts on the machine carries its mark. */
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { replaceFile } from "#app/adapters/files/atomic.ts";
import type { Config } from "#app/foundation/config.server.ts";
import { tryLock } from "#app/foundation/lock.ts";
import { firstLinkFile, runFolder } from "#app/setup/launcher/portal.ts";
import { hasOwnUnit, ownText } from "./installed.ts";
import { type ServicePlaces, treeMark } from "./places.ts";
import {
  parseSettings,
  renderCommand,
  renderGuestsOrder,
  renderSettings,
  renderUnit,
  serviceMark,
  serviceSettings,
  type ServiceRequest,
} from "./unit-files.ts";

/** The machine says no, for a reason that a person can do something about. */
export class ServiceRefused extends Error {
  override readonly name = "ServiceRefused";
}

/** Runs a program to its end; rejects with a sentence. Resolves with what it printed. */
export type RunProgram = (command: string, args: readonly string[]) => Promise<string>;

export interface ServiceContext {
  readonly places: ServicePlaces;
  readonly config: Config;
  readonly mode: "system" | "private";
  /** The work tree that is installed. */
  readonly repo: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  /** systemd is this machine's first process. */
  readonly systemd: boolean;
  readonly run: RunProgram;
  readonly say: (line: string) => void;
}

const unitName = "berth.service";

export function demandRoot({ uid }: Pick<ServiceContext, "uid">): void {
  if (uid !== 0) throw new ServiceRefused("root is needed for this: run it with sudo");
}

function demandSystemd({ systemd }: ServiceContext): void {
  if (!systemd)
    throw new ServiceRefused(
      "this machine does not run systemd, so there is nothing that a service could be given to; `npm start` runs Berth in a terminal",
    );
}

export async function installService(c: ServiceContext): Promise<void> {
  demandRoot(c);
  demandSystemd(c);
  const request = serviceRequest(c);
  for (const file of [c.places.unit, c.places.guestsOrder, c.places.command]) await demandOwn(file);
  if (c.repo !== c.places.tree) await demandOwnTree(c.places.tree);
  await demandNotInTerminal(c);
  const copied = c.repo === c.places.tree ? null : await copyTree(c);
  await stopUnit(c);
  if (copied !== null) await takePlace(copied, c.places.tree);
  await writeFiles(c, request);
  await c.run("systemctl", ["daemon-reload"]);
  await c.run("systemctl", ["enable", "--quiet", unitName]);
  await startUnit(c);
  c.say(`Berth runs as ${unitName} from ${c.places.tree}: ${c.config.publicUrl}`);
  c.say(`Its settings are in ${c.places.settings}; the command is ${c.places.command}.`);
  c.say(`As long as there is no account, the link for the first sign-in is in ${firstLinkFile(c.config.home)}.`);
}

function serviceRequest({ places, config, mode }: ServiceContext): ServiceRequest {
  const request = {
    tree: places.tree,
    home: config.home,
    cache: config.cache,
    settingsFile: places.settings,
    mode,
    drainSeconds: config.drainSeconds,
  };
  for (const path of [request.tree, request.home, request.cache]) {
    if (!/^\/[A-Za-z0-9._/-]+$/.test(path))
      throw new ServiceRefused(`${path} has characters that a unit file would take apart: choose a path of letters, digits, and . _ / -`);
  }
  return request;
}

/** A file of ours, or none. (Settings may have been written by hand: they are kept.) */
async function demandOwn(file: string): Promise<void> {
  if (existsSync(file) && (await ownText(file)) === null)
    throw new ServiceRefused(`${file} is there already and was not written by Berth: move it away first`);
}

async function demandOwnTree(tree: string): Promise<void> {
  const names: readonly string[] = await readdir(tree).catch(() => []);
  if (names.length > 0 && !names.includes(treeMark))
    throw new ServiceRefused(`${tree} is there already and was not made by Berth: move it away first`);
}

/** A service that is started beside a Berth in a terminal would be refused by it, again and again. */
async function demandNotInTerminal(c: ServiceContext): Promise<void> {
  if (await runsAsService(c)) return;
  const release = await tryLock(join(runFolder(c.config.home), "launcher.lock"));
  if (release === null)
    throw new ServiceRefused(`Berth runs already with ${c.config.home}, in a terminal: end it there first (machines keep running)`);
  await release();
}

/** An active unit of that name that Berth did not write says nothing about Berth. */
export const runsAsService = async (c: Pick<ServiceContext, "run" | "places">): Promise<boolean> =>
  (await hasOwnUnit(c.places)) && startedStates.has(await answerOf(c, ["is-active", unitName]));

/** After a failure systemd waits in `activating` before it starts a unit again. */
const startedStates: ReadonlySet<string> = new Set(["active", "activating", "reloading"]);

const isActive = async (c: Pick<ServiceContext, "run">): Promise<boolean> => (await answerOf(c, ["is-active", unitName])) === "active";

/** systemctl's word on the unit, whatever its exit code says. */
const answerOf = (c: Pick<ServiceContext, "run">, words: readonly string[]): Promise<string> =>
  c.run("sh", ["-c", 'systemctl "$@" 2>/dev/null || true', "sh", ...words]).then((text) => text.trim());

/** Everything of the work tree but its history, owned by root and written by nobody else. Beside the place it will take. */
async function copyTree({ repo, places, run, say }: ServiceContext): Promise<string> {
  const target = `${places.tree}.new`;
  say(`copying ${repo} to ${places.tree}`);
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true, mode: 0o755 });
  const names = (await readdir(repo)).filter((name) => name !== ".git").map((name) => join(repo, name));
  await run("cp", ["--recursive", "--no-dereference", "--preserve=mode,timestamps,links", "--reflink=auto", "-t", target, ...names]);
  await run("chown", ["-R", "0:0", target]);
  await run("chmod", ["-R", "go-w", target]);
  await writeFile(join(target, treeMark), `${serviceMark}\n`);
  return target;
}

async function takePlace(copied: string, tree: string): Promise<void> {
  const before = `${tree}.before`;
  await rm(before, { recursive: true, force: true });
  if (existsSync(tree)) await rename(tree, before);
  await rename(copied, tree);
  await rm(before, { recursive: true, force: true });
}

async function writeFiles({ places, env }: ServiceContext, request: ServiceRequest): Promise<void> {
  const before = parseSettings(await readFile(places.settings, "utf8").catch(() => ""));
  // An address of a database can hold a password.
  // The folders stand in the unit too, which goes with the service: clusters in them are still found by `berth uninstall`.
  await write(
    places.settings,
    renderSettings({ ...serviceSettings(env, before), BERTH_HOME: request.home, BERTH_CACHE: request.cache }),
    0o600,
  );
  await write(places.unit, renderUnit(request), 0o644);
  await write(places.guestsOrder, renderGuestsOrder(), 0o644);
  await write(places.command, renderCommand(request), 0o755);
}

async function write(path: string, text: string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await replaceFile(path, text, mode);
  await chmod(path, mode);
}

export async function stopUnit(c: ServiceContext): Promise<void> {
  if (await hasOwnUnit(c.places)) await c.run("systemctl", ["stop", unitName]);
}

export async function startUnit(c: ServiceContext): Promise<void> {
  await c.run("systemctl", ["start", unitName]);
}

/** Machines continue; state and settings stay. */
export async function uninstallService(c: ServiceContext): Promise<void> {
  demandRoot(c);
  if (c.systemd && (await hasOwnUnit(c.places))) await c.run("systemctl", ["disable", "--now", "--quiet", unitName]);
  for (const file of [c.places.unit, c.places.guestsOrder, c.places.command]) await removeOwn(file, c.say);
  if (c.systemd) await c.run("systemctl", ["daemon-reload"]);
  if (existsSync(join(c.places.tree, treeMark))) {
    await rm(c.places.tree, { recursive: true });
    c.say(`removed ${c.places.tree}`);
  }
}

export async function removeOwn(file: string, say: (line: string) => void): Promise<void> {
  if ((await ownText(file)) === null) return;
  await rm(file);
  say(`removed ${file}`);
}

/** Lines about the service, and whether it runs. */
export async function describeService(c: ServiceContext): Promise<{ readonly lines: readonly string[]; readonly active: boolean }> {
  if (!c.systemd) return { lines: ["this machine does not run systemd"], active: false };
  if (!(await hasOwnUnit(c.places))) return { lines: ["Berth is not installed as a service (berth service install)"], active: false };
  const active = await isActive(c);
  const state = await answerOf(c, ["show", unitName, "--property=ActiveState,SubState,UnitFileState,MainPID", "--value"]);
  const link = existsSync(firstLinkFile(c.config.home)) ? [`first sign-in: the link is in ${firstLinkFile(c.config.home)}`] : [];
  const lines = [
    `${unitName}: ${state
      .split("\n")
      .filter((word) => word !== "")
      .join(", ")}`,
    `from ${c.places.tree}, with ${c.config.home} and ${c.config.cache}`,
    `at ${c.config.publicUrl}`,
    ...link,
  ];
  return { lines, active };
}
