/**
 * Fetches single Debian packages of the guest's release and unpacks them, through apt with a private configuration:
 * the machine's own sources and package state stay as they are, and signatures are checked as usual.
 */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DebianMirrors } from "#app/setup/packages/debian-mirror.ts";
import { type OnLine, run } from "./command.ts";

export interface DebianSource {
  readonly suite: string;
  readonly architecture: string;
  readonly mirrors: DebianMirrors;
}

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Lines of a sources.list for the release, its updates and its security fixes. */
export function sourceLines(s: DebianSource): string[] {
  const line = (mirror: string, suite: string): string => `deb [signed-by=${KEYRING}] ${mirror} ${suite} main`;
  return [line(s.mirrors.main, s.suite), line(s.mirrors.main, `${s.suite}-updates`), line(s.mirrors.security, `${s.suite}-security`)];
}

/**
 * Unpacks the packages (without their dependencies) into `root`. A name may be a metapackage written as
 * `name>`: then the package that it depends on first is taken, as with the kernel's.
 */
export async function unpackPackages(
  source: DebianSource,
  names: readonly string[],
  root: string,
  work: string,
  onLine: OnLine,
): Promise<void> {
  const options = await privateApt(source, work);
  await run({ doing: "reading Debian's package lists", file: "apt-get", args: [...options, "-qq", "update"], onLine });
  const wanted: string[] = [];
  for (const name of names) wanted.push(name.endsWith(">") ? await firstDependency(options, name.slice(0, -1)) : name);
  onLine(`fetching ${wanted.join(", ")}`);
  await run({
    doing: `fetching ${wanted.join(", ")}`,
    file: "apt-get",
    args: [...options, "-qq", "download", ...wanted],
    cwd: work,
    onLine,
  });
  for (const file of (await readdir(work)).filter((f) => f.endsWith(".deb"))) {
    await run({ doing: `unpacking ${file}`, file: "dpkg-deb", args: ["-x", join(work, file), root] });
  }
  await rm(work, { recursive: true });
}

async function privateApt(source: DebianSource, work: string): Promise<string[]> {
  for (const folder of ["state/lists/partial", "cache/archives/partial"]) {
    await mkdir(join(work, folder), { recursive: true });
  }
  const list = join(work, "sources.list");
  const status = join(work, "state/status");
  await writeFile(list, `${sourceLines(source).join("\n")}\n`);
  await writeFile(status, "");
  const settings = {
    "Dir::Etc::SourceList": list,
    "Dir::Etc::SourceParts": "/dev/null",
    "Dir::Etc::Preferences": "/dev/null",
    "Dir::Etc::PreferencesParts": "/dev/null",
    "Dir::State": join(work, "state"),
    "Dir::State::status": status,
    "Dir::Cache": join(work, "cache"),
    "APT::Architecture": source.architecture,
    // The folder belongs to the caller, so apt's own unprivileged user could not write there.
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
    "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled": "false",
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}

async function firstDependency(options: readonly string[], name: string): Promise<string> {
  const text = await run({
    doing: `reading what ${name} depends on`,
    file: "apt-cache",
    args: [...options, "depends", "--important", name],
  });
  const found = /Depends: (\S+)/.exec(text)?.[1];
  if (found === undefined) throw new Error(`reading what ${name} depends on: nothing found in Debian's package lists`);
  return found;
}
