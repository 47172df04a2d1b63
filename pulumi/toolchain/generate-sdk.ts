/**
 * Generates what is committed about the libvirt provider: its schema (embedded in the plugin) and its Node.js SDK
 * (`pulumi/sdks/libvirt`). Run by hand after the provider's version or description changed:
 * `node pulumi/toolchain/generate-sdk.ts`; tests/toolchain regenerates both and compares.
 */
import { execFile } from "node:child_process";
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findGo, runGo } from "./go.ts";
import { versions } from "./versions.ts";

const run = promisify(execFile);
const folder = dirname(fileURLToPath(import.meta.url));
const module = join(folder, "libvirt");

export const committedSchema = join(module, "cmd/pulumi-resource-libvirt/schema.json");
export const committedSdk = join(folder, "../sdks/libvirt");

export interface Generated {
  /** Path of schema.json. */
  readonly schema: string;
  /** Folder of the SDK's sources. */
  readonly sdk: string;
}

/** Generates schema and SDK below `work`, an empty folder. */
export async function generateSdk(work: string, onLine: (line: string) => void): Promise<Generated> {
  const schemaFolder = join(work, "schema");
  const sdk = join(work, "sdk");
  await mkdir(sdk, { recursive: true });
  await buildGenerators(work, onLine);
  // The generator looks for documentation below its working folder; from an empty one the result is always the same.
  await run(join(work, "pulumi-tfgen-libvirt"), ["schema", "--out", schemaFolder], { cwd: work });
  const schema = join(schemaFolder, "schema.json");
  await run(join(work, "sdkgen"), [schema, sdk, versions.plugins.libvirt], { cwd: work });
  await finish(sdk);
  return { schema, sdk };
}

async function buildGenerators(work: string, onLine: (line: string) => void): Promise<void> {
  const go = await findGo(versions.go);
  const lines: string[] = [];
  const code = await runGo(go, {
    args: ["build", "-ldflags=-s -w", "-o", `${work}/`, "./cmd/pulumi-tfgen-libvirt", "./cmd/sdkgen"],
    cwd: module,
    onLine: (line) => {
      lines.push(line);
      onLine(line);
    },
  });
  if (code !== 0) throw new Error(`compiling the SDK generators: ${lines.slice(-12).join("\n")}`);
}

/** npm must find the compiled files, and must not install a second compiler for a linked package. */
async function finish(sdk: string): Promise<void> {
  const path = join(sdk, "package.json");
  const { scripts: _, devDependencies: __, ...kept } = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
  const complete = { ...kept, private: true, main: "bin/index.js", types: "bin/index.d.ts" };
  await writeFile(path, `${JSON.stringify(complete, null, 2)}\n`);
  for (const unwanted of [".gitignore", ".gitattributes"]) await rm(join(sdk, unwanted), { force: true });
}

async function replaceCommitted(generated: Generated): Promise<void> {
  await copyFile(generated.schema, committedSchema);
  await mkdir(committedSdk, { recursive: true });
  for (const entry of await readdir(committedSdk)) {
    if (entry !== "bin") await rm(join(committedSdk, entry), { recursive: true });
  }
  await cp(generated.sdk, committedSdk, { recursive: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const work = await mkdtemp(join(tmpdir(), "berth-sdk-"));
  try {
    await replaceCommitted(await generateSdk(work, (line) => process.stderr.write(`${line}\n`)));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
