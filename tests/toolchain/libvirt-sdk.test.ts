/** The committed schema and SDK of the libvirt provider are what its description generates. */
import { readdir, readFile, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileSdk } from "#pulumi/toolchain/compile-sdk.ts";
import { committedSchema, committedSdk, type Generated, generateSdk } from "#pulumi/toolchain/generate-sdk.ts";
import { versions } from "#pulumi/toolchain/versions.ts";

let work: string;
let generated: Generated;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "berth-sdk-"));
  generated = await generateSdk(work, () => {});
  await compileSdk(() => {});
}, 30 * 60_000);
afterAll(() => rm(work, { recursive: true, force: true }));

async function filesOf(folder: string): Promise<Record<string, string>> {
  const entries = (await readdir(folder, { withFileTypes: true, recursive: true })).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  const sources = paths.filter((path) => !/^(bin|node_modules)\//.test(path)).sort();
  return Object.fromEntries(await Promise.all(sources.map(async (path) => [path, await readFile(join(folder, path), "utf8")])));
}

test("the schema is up to date", async () => {
  expect(JSON.parse(await readFile(committedSchema, "utf8"))).toEqual(JSON.parse(await readFile(generated.schema, "utf8")));
});

test("the SDK is up to date", async () => {
  expect(await filesOf(committedSdk)).toEqual(await filesOf(generated.sdk));
});

describe("the SDK that is installed", () => {
  const require = createRequire(import.meta.url);
  const resources = ["CloudInitDisk", "Combustion", "Domain", "Ignition", "Network", "Pool", "Volume"];

  test.each(resources)("%s has the token that the published package gives it", async (name) => {
    const sdk = (await import("@pulumi/libvirt")) as unknown as Record<string, { __pulumiType: string }>;
    const file = `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
    expect(sdk[name]?.__pulumiType).toBe(`libvirt:index/${file}:${name}`);
  });

  test("it shares the one copy of @pulumi/pulumi", () => {
    const fromSdk = createRequire(require.resolve("@pulumi/libvirt"));
    expect(fromSdk.resolve("@pulumi/pulumi")).toBe(require.resolve("@pulumi/pulumi"));
  });

  test("it asks for our plugin's version", () => {
    const { version } = require("@pulumi/libvirt/bin/package.json") as { version: string };
    expect(version).toBe(versions.plugins.libvirt);
  });
});
