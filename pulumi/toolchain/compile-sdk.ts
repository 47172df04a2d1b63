/**
 * Compiles the committed sources of `@pulumi/libvirt` into its `bin/` folder, which is what the package's `main` points
 * at. Takes seconds, and nothing when the sources are unchanged. Run by itself: `node pulumi/toolchain/compile-sdk.ts`.
 */
import { execFile } from "node:child_process";
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { hashInputs } from "#app/foundation/artefacts.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const sdk = join(root, "pulumi/sdks/libvirt");

/** Returns true when something was compiled. */
export async function compileSdk(onLine: (line: string) => void): Promise<boolean> {
  const bin = join(sdk, "bin");
  const hash = await sourcesHash();
  if ((await readFile(join(bin, ".sources"), "utf8").catch(() => "")) === hash) return false;
  onLine("@pulumi/libvirt: compiling");
  const partial = join(root, "node_modules/.cache", `libvirt-sdk-${process.pid}`);
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  await compileInto(partial);
  // The generated code reads its version from a package.json beside it.
  await copyFile(join(sdk, "package.json"), join(partial, "package.json"));
  await writeFile(join(partial, ".sources"), hash);
  await rm(bin, { recursive: true, force: true });
  await rename(partial, bin);
  return true;
}

async function sourcesHash(): Promise<string> {
  const entries = (await readdir(sdk)).filter((entry) => entry !== "bin" && entry !== "node_modules");
  return hashInputs(sdk, entries);
}

async function compileInto(target: string): Promise<void> {
  const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  try {
    // Maps would point from the temporary folder to sources that are somewhere else.
    const options = ["--outDir", target, "--sourceMap", "false", "--declarationMap", "false"];
    await run(process.execPath, [compiler, "-p", join(sdk, "tsconfig.json"), ...options]);
  } catch (error) {
    const said = error instanceof Error && "stdout" in error ? String(error.stdout) : "";
    throw new Error(`compiling @pulumi/libvirt: ${said.trim()}`, { cause: error });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await compileSdk((line) => process.stderr.write(`${line}\n`));
