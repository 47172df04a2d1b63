/**
 * Builds the engine: the Pulumi CLI and the two provider plugins, from released files or else from the Go modules beside
 * this file. Every binary is an artefact of its own, addressed by the hash of its sources, and the engine is a folder that
 * joins them:
 *
 *   bin/pulumi
 *   home/plugins/resource-command-v<version>/pulumi-resource-command
 *   home/plugins/resource-libvirt-v<version>/pulumi-resource-libvirt
 *
 * Run by itself (`node pulumi/toolchain/build.ts`) it prints that folder.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, link, mkdir, readdir, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { Mutex } from "async-mutex";
import { type ArtefactRequest, artefactExists, artefactPath, ensureArtefact, hashInputs } from "#app/foundation/artefacts.ts";
import { readConfig } from "#app/foundation/config.server.ts";
import { noteForLogs, type Origin, type OriginNote, originNote, readOrigin, writeOrigin } from "#app/foundation/releases/origin.ts";
import { configuredReleases, type ReleaseFiles } from "#app/foundation/releases/release-files.ts";
import { together } from "#app/foundation/together.ts";
import { compileProgress } from "./compile-progress.ts";
import { type Environment, findGo, runGo } from "./go.ts";
import { versions } from "./versions.ts";

export interface EngineOptions {
  /** Root of the caches (BERTH_CACHE). */
  readonly cache: string;
  /**
   * A plugins folder such as `~/.pulumi/plugins`. Where it holds the official command plugin of exactly our version,
   * that one is used instead of ours. Left out: ours is built.
   */
  readonly installedPlugins?: string | undefined;
}

export interface EngineBuild extends EngineOptions {
  /** One line of progress for a person. */
  readonly onLine: (line: string) => void;
  /** What was taken as a released file, what is compiled, and why. */
  readonly onNote?: (note: OriginNote) => void;
  /** Left out: everything is compiled. */
  readonly releases?: ReleaseFiles;
  readonly signal?: AbortSignal | undefined;
  /** Environment for the Go tool (proxy settings, caches); the process's own by default. */
  readonly env?: Environment | undefined;
}

interface Binary {
  readonly name: "pulumi-cli" | "plugin-command" | "plugin-libvirt";
  readonly file: string;
  readonly version: string;
  readonly module: string;
  readonly package: string;
  readonly flags: readonly string[];
  /** Folders of the module that other programs are built from. */
  readonly without: readonly string[];
}

const folder = dirname(fileURLToPath(import.meta.url));
const stripped = "-s -w";

const cli: Binary = {
  name: "pulumi-cli",
  file: "pulumi",
  version: versions.pulumi,
  module: join(folder, "cli"),
  package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
  flags: [
    "-tags=osusergo,grpcnotrace",
    `-ldflags=${stripped} -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${versions.pulumi}`,
  ],
  without: [],
};

const command: Binary = {
  name: "plugin-command",
  file: "pulumi-resource-command",
  version: versions.plugins.command,
  module: join(folder, "command"),
  package: "./cmd/pulumi-resource-command",
  flags: [`-ldflags=${stripped}`],
  without: ["internal/sshtest"],
};

const libvirt: Binary = {
  name: "plugin-libvirt",
  file: "pulumi-resource-libvirt",
  version: versions.plugins.libvirt,
  module: join(folder, "libvirt"),
  package: "./cmd/pulumi-resource-libvirt",
  flags: [`-ldflags=${stripped}`],
  without: ["cmd/pulumi-tfgen-libvirt", "cmd/sdkgen"],
};

/** Returns the engine's folder, building what is missing. A warm result takes milliseconds and needs no Go. */
export async function ensureEngine(build: EngineBuild): Promise<string> {
  const plan = await planEngine(build);
  if (artefactExists(plan.engine)) return artefactPath(plan.engine);
  const compiling = new Mutex();
  await together(
    plan.parts.map((part) => (signal) => ensureBinary(part, { ...build, signal }, compiling)),
    build.signal,
  );
  const done = await ensureArtefact(plan.engine, (target) => assemble(plan, target));
  build.onLine("engine: complete");
  return done;
}

/** The engine's folder when it is built already, else null. */
export async function findEngine(options: EngineOptions): Promise<string | null> {
  const { engine } = await planEngine(options);
  return artefactExists(engine) ? artefactPath(engine) : null;
}

/** Where the programs of an engine came from; those of an installed official plugin are not among them. */
export async function engineOrigins(options: EngineOptions): Promise<readonly Origin[]> {
  const { parts } = await planEngine(options);
  const there = parts.filter((part) => artefactExists(part.artefact));
  return await Promise.all(there.map(({ binary, artefact }) => readOrigin(artefactPath(artefact), binary.name, binary.version)));
}

interface Part {
  readonly binary: Binary;
  readonly artefact: ArtefactRequest;
  readonly installedAs: string;
}

interface EnginePlan {
  readonly parts: readonly Part[];
  /** The official command plugin, where it is used. */
  readonly officialCommand: string | null;
  readonly engine: ArtefactRequest;
}

const pluginPath = (name: "command" | "libvirt"): string => join(`resource-${name}-v${versions.plugins[name]}`, `pulumi-resource-${name}`);
const installedPluginPath = (name: "command" | "libvirt"): string => join("home/plugins", pluginPath(name));

async function planEngine(options: EngineOptions): Promise<EnginePlan> {
  const officialCommand = findOfficialCommand(options.installedPlugins);
  const parts = await Promise.all([
    planPart(options.cache, cli, "bin/pulumi"),
    planPart(options.cache, libvirt, installedPluginPath("libvirt")),
    ...(officialCommand === null ? [planPart(options.cache, command, installedPluginPath("command"))] : []),
  ]);
  const inputs = parts.map((part) => `${part.installedAs} ${part.artefact.hash}`);
  if (officialCommand !== null) inputs.push(await identity(officialCommand));
  const hash = createHash("sha256").update(inputs.join("\n")).digest("hex");
  return { parts, officialCommand, engine: { cache: options.cache, name: "engine", hash } };
}

async function planPart(cache: string, binary: Binary, installedAs: string): Promise<Part> {
  const inputs = await sources(binary);
  const target = `${process.platform} ${process.arch}`;
  const hash = await hashInputs(binary.module, inputs, [target, binary.package, ...binary.flags]);
  return { binary, installedAs, artefact: { cache, name: binary.name, hash } };
}

async function sources(binary: Binary): Promise<string[]> {
  const entries = await readdir(binary.module, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith("_test.go"))
    .map((entry) => relative(binary.module, join(entry.parentPath, entry.name)))
    .filter((path) => !binary.without.some((other) => path.startsWith(`${other}/`)))
    .filter((path) => !path.split("/").includes("testdata"));
}

/** A Go build uses every processor by itself, so they take turns; released files are fetched meanwhile. */
async function ensureBinary(part: Part, build: EngineBuild, compiling: Mutex): Promise<void> {
  if (artefactExists(part.artefact)) return;
  await ensureArtefact(part.artefact, async (target) => {
    const origin = await takeReleased(part.binary, target, build);
    const note = originNote(origin);
    if (note !== null) build.onNote?.(note);
    if (origin.from === "source") await compiling.runExclusive(() => compile(part.binary, target, build));
    await writeOrigin(target, origin);
  });
}

/** The lock file names files for Linux on amd64. */
async function takeReleased({ name, version, file }: Binary, target: string, { releases, signal }: EngineBuild): Promise<Origin> {
  const pinned = process.platform === "linux" && process.arch === "x64";
  if (releases === undefined || !pinned) return { part: name, version, from: "source", reason: null };
  return await releases.take({ part: name, version, programs: [file] }, target, signal);
}

async function compile(binary: Binary, target: string, build: EngineBuild): Promise<void> {
  build.signal?.throwIfAborted();
  const go = await findGo(versions.go, build.env);
  const progress = compileProgress(binary.name, build.onLine);
  const output = join(target, binary.file);
  const code = await runGo(go, {
    args: ["build", "-v", ...binary.flags, "-o", output, binary.package],
    cwd: binary.module,
    env: build.env,
    signal: build.signal,
    onLine: progress.take,
  });
  if (code !== 0) throw new Error(`compiling ${binary.name}: go ended with ${code}: ${progress.complaints()}`);
  progress.end();
}

async function assemble(plan: EnginePlan, target: string): Promise<void> {
  for (const part of plan.parts) {
    await place(join(artefactPath(part.artefact), part.binary.file), join(target, part.installedAs));
  }
  if (plan.officialCommand !== null) await place(plan.officialCommand, join(target, installedPluginPath("command")));
}

/** Hard links where the file system allows: the engine is a quarter of a gigabyte. */
async function place(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await link(from, to).catch(() => copyFile(from, to));
}

function findOfficialCommand(plugins: string | undefined): string | null {
  if (plugins === undefined) return null;
  const path = join(plugins, pluginPath("command"));
  return existsSync(path) ? path : null;
}

async function identity(path: string): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  return `${path} ${size} ${mtimeMs}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const config = readConfig(process.env, process.getuid?.() ?? -1);
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort(new Error("interrupted")));
  const onLine = (line: string): void => void process.stderr.write(`${line}\n`);
  try {
    const onNote = (note: OriginNote): void => onLine(noteForLogs(note));
    const releases = configuredReleases(config);
    process.stdout.write(`${await ensureEngine({ cache: config.cache, onLine, onNote, releases, signal: interrupted.signal })}\n`);
  } catch (error) {
    onLine(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
