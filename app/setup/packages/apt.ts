/** Installs Debian packages without asking, and without starting what a container or a test must not start. */
import { existsSync } from "node:fs";
import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import { execa } from "execa";
import { type Message, message, MessageError } from "#app/domain/message/message.ts";
import { debianMirrors } from "#app/setup/packages/debian-mirror.ts";
import { backportsSource, fromBackports, type InstalledPackage, parseInstalled, parseRelease } from "./packages.ts";
import { runLines } from "#app/foundation/processes.ts";

export async function installedPackages(names: readonly string[]): Promise<readonly InstalledPackage[]> {
  const format = "${Package} ${Version} ${db:Status-Status}\\n";
  const { stdout, code } = await execa("dpkg-query", ["-W", "-f", format, ...names], { reject: false });
  if (code === "ENOENT") throw new MessageError([message("dpkg-missing")]);
  return parseInstalled(stdout);
}

export interface Install {
  readonly names: readonly string[];
  /** Start the services that come with the packages; false where no service may start. */
  readonly startServices: boolean;
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
}

export async function installPackages(i: Install): Promise<void> {
  if (process.getuid?.() !== 0) throw new MessageError([message("root-needed")]);
  const backports = await backportsNeeded(i.names);
  if (backports !== null) await addBackports(backports, i.onLine);
  const apt: Apt = (doing, words) => runApt(doing, words, i.onLine, i.signal);
  await apt(message("reading-package-lists"), ["update"]);
  const late = new Set<string>(backports === null ? [] : fromBackports);
  const install = async (): Promise<void> => {
    await installNames(
      apt,
      i.names.filter((name) => !late.has(name)),
      [],
    );
    // With the suite as target, what these depend on (firmware) comes from there as well.
    await installNames(
      apt,
      i.names.filter((name) => late.has(name)),
      ["-t", `${backports}-backports`],
    );
  };
  await (i.startServices ? install() : withoutServices(install));
}

type Apt = (doing: Message, words: readonly string[]) => Promise<void>;

async function installNames(apt: Apt, names: readonly string[], target: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await apt(message("installing-packages"), ["install", "-y", "--no-install-recommends", ...target, ...names]);
}

async function runApt(doing: Message, words: readonly string[], onLine: (line: string) => void, signal: AbortSignal): Promise<void> {
  // apt waits for another apt by itself; needrestart and debconf must not ask anybody.
  const options = ["-o", "DPkg::Lock::Timeout=900", "-o", "Dpkg::Use-Pty=0", "-o", "Dpkg::Options::=--force-confold"];
  const env = { DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_SUSPEND: "1", LC_ALL: "C.UTF-8" };
  await runLines({ doing, command: "apt-get", args: [...options, ...words], env, onLine, signal });
}

/** The codename whose backports are needed for these names, or null. */
async function backportsNeeded(names: readonly string[]): Promise<string | null> {
  if (!names.some((name) => (fromBackports as readonly string[]).includes(name))) return null;
  const { id, codename } = parseRelease(await readFile("/etc/os-release", "utf8"));
  return id === "debian" && codename === "bookworm" ? codename : null;
}

async function addBackports(codename: string, onLine: (line: string) => void): Promise<void> {
  const { stdout } = await execa("apt-cache", ["policy"], { reject: false, env: { LC_ALL: "C" } });
  if (stdout.includes(`n=${codename}-backports`) || stdout.includes(`a=${codename}-backports`)) return;
  const file = `/etc/apt/sources.list.d/${codename}-backports.sources`;
  onLine(`adding Debian's backports (for QEMU 10): ${file}`);
  await writeFile(file, backportsSource(codename, (await debianMirrors()).main));
}

const policyFile = "/usr/sbin/policy-rc.d";
const policyMark = "# written by Berth while it installs packages; safe to remove";

/** Debian's own switch against services that start when they are installed. One that is there already is respected. */
async function withoutServices(install: () => Promise<void>): Promise<void> {
  const foreign = existsSync(policyFile) && !(await readFile(policyFile, "utf8")).includes(policyMark);
  if (foreign) return await install();
  await writeFile(policyFile, `#!/bin/sh\n${policyMark}\nexit 101\n`);
  await chmod(policyFile, 0o755);
  try {
    await install();
  } finally {
    await rm(policyFile, { force: true });
  }
}
