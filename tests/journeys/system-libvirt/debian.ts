/** Debian for the beds: root folders made by mmdebstrap with this machine's own mirror, and tools that are unpacked, not installed. */
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { debianMirrors } from "#app/setup/packages/debian-mirror.ts";

export type Debian = "12" | "13";

const codenames: Readonly<Record<Debian, string>> = { "12": "bookworm", "13": "trixie" };

/** Command in the foreground of the journey; its last lines are the reason when it ends badly. */
export async function run(
  doing: string,
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>>; readonly input?: string } = {},
): Promise<string> {
  const { exitCode, stdout, stderr } = await execa(command, [...args], { reject: false, all: false, ...options });
  if (exitCode === 0) return stdout;
  throw new Error(
    `${doing}: ${command} ended with ${exitCode ?? "a signal"}: ${`${stdout}\n${stderr}`.trim().split("\n").slice(-12).join(" | ")}`,
  );
}

async function sourcesOf(debian: Debian): Promise<string> {
  const { main, security } = await debianMirrors();
  const name = codenames[debian];
  const source = (uri: string, suites: string) =>
    `Types: deb\nURIs: ${uri}\nSuites: ${suites}\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n`;
  const backports = debian === "12" ? ` ${name}-backports` : "";
  return `${source(main, `${name} ${name}-updates${backports}`)}\n${source(security, `${name}-security`)}`;
}

export interface RootRequest {
  readonly debian: Debian;
  readonly packages: readonly string[];
  /** Shell lines that mmdebstrap runs with the new root in `$1` before packages are installed. */
  readonly before?: string;
}

/** Makes the folder unless it is there; interrupted work is begun again. */
export async function ensureRoot(folder: string, { debian, packages, before }: RootRequest): Promise<string> {
  if (existsSync(folder)) return "it was there";
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(join(folder, ".."), { recursive: true });
  const sources = `${folder}.sources`;
  await writeFile(sources, await sourcesOf(debian));
  const hooks = before === undefined ? [] : [`--setup-hook=${before}`];
  await run("making a Debian root", "mmdebstrap", [
    "--variant=minbase",
    ...hooks,
    `--include=${packages.join(",")}`,
    codenames[debian],
    partial,
    sources,
  ]);
  await rename(partial, folder);
  return "made";
}

const tools = ["systemd-container", "libsystemd-shared", "slirp4netns", "libslirp0"] as const;

/** systemd-nspawn and user-mode networking, of this machine's own Debian. */
export async function ensureTools(folder: string): Promise<void> {
  if (existsSync(join(folder, "usr", "bin", "slirp4netns")) && existsSync(join(folder, "usr", "bin", "systemd-nspawn"))) return;
  const packages = join(folder, "packages");
  await mkdir(packages, { recursive: true });
  await run("downloading tools", "apt-get", ["download", ...tools], { cwd: packages });
  for (const name of (await run("looking for the tools", "ls", [packages])).split("\n"))
    await run("unpacking tools", "dpkg", ["-x", join(packages, name), folder]);
}

export const readText = (file: string): Promise<string> => readFile(file, "utf8").catch(() => "");
