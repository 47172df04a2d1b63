/** Compiles the committed Go modules, the same way everywhere: static, without paths of this machine. */
import { readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { type OnLine, run } from "./command.ts";
import { versions } from "./versions.ts";

export interface GoBuild {
  /** Folder of the consumer module. */
  readonly module: string;
  /** Main packages: import paths, or paths beginning with `./` in the module. */
  readonly packages: readonly string[];
  /** A file for one package, a folder ending in `/` for several. */
  readonly output: string;
  /** `-X` settings: variable to value. */
  readonly set?: Readonly<Record<string, string>>;
  readonly onLine: OnLine;
  readonly signal?: AbortSignal;
}

export async function goBuild(b: GoBuild): Promise<void> {
  const flags = ["-s", "-w", ...Object.entries(b.set ?? {}).map(([k, v]) => `-X ${k}=${v}`)].join(" ");
  await run({
    doing: `compiling ${b.packages.join(", ")}`,
    file: "go",
    args: ["build", "-trimpath", "-ldflags", flags, "-o", b.output, ...b.packages],
    cwd: b.module,
    // A user's own flags, workspace or tool chain must not change what is built.
    env: { CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false", GOWORK: "off", GOTOOLCHAIN: "local", GOOS: "linux", GOARCH: "amd64" },
    onLine: b.onLine,
    ...(b.signal && { signal: b.signal }),
  });
}

/** Throws a sentence when Go is missing or too old for the pinned modules. */
export async function requireGo(): Promise<void> {
  const text = await run({ doing: "looking for Go", file: "go", args: ["env", "GOVERSION"] }).catch(() => "");
  const found = /go(\d+)\.(\d+)/.exec(text);
  const [major, minor] = versions.go.split(".").map(Number);
  if (found === null || major === undefined || minor === undefined) {
    throw new Error(`building guest images needs Go ${versions.go} or newer on the PATH, and none was found`);
  }
  const newEnough = Number(found[1]) > major || (Number(found[1]) === major && Number(found[2]) >= minor);
  if (!newEnough) throw new Error(`building guest images needs Go ${versions.go} or newer, and this is ${text}`);
}

export const goModule = (name: string): string => join(import.meta.dirname, name);

/** The files that a compiled program depends on, below this folder: everything but tests. */
export async function goSources(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map(filesOf));
  return found.flat().filter((p) => !p.endsWith("_test.go"));
}

async function filesOf(path: string): Promise<string[]> {
  const full = goModule(path);
  if (!(await stat(full)).isDirectory()) return [path];
  const entries = await readdir(full, { withFileTypes: true, recursive: true });
  return entries.filter((e) => e.isFile()).map((e) => relative(import.meta.dirname, join(e.parentPath, e.name)));
}
