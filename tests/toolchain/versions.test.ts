import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { versions } from "#pulumi/toolchain/versions.ts";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const json = (path: string): Record<string, unknown> => JSON.parse(read(path)) as Record<string, unknown>;

/** Versions required by a go.mod, by module path. */
function required(goMod: string): Map<string, string> {
  const lines = goMod.split("\n").map((line) => line.trim().replace(/^require /, ""));
  return new Map(lines.map((line) => line.split(" ")).map(([path = "", version = ""]) => [path, version]));
}

describe("package.json", () => {
  const manifest = json("package.json");
  const all = { ...(manifest["dependencies"] as object), ...(manifest["optionalDependencies"] as object) };

  test.each(Object.entries(versions.npm))("%s is %s, exactly", (name, version) => {
    expect(all).toHaveProperty([name], version);
  });

  test("the libvirt SDK is the one in the repository", () => {
    expect(all).toHaveProperty(["@pulumi/libvirt"], "file:pulumi/sdks/libvirt");
  });

  test("Node.js of every platform has the same version", () => {
    const nodes = Object.entries(all).filter(([name]) => name.startsWith("node-"));
    expect(nodes.map(([, version]) => version)).toEqual(nodes.map(() => versions.node));
  });
});

describe("npm packages that are installed", () => {
  test.each(Object.entries(versions.npm).filter(([name]) => name.startsWith("@pulumi/")))("%s is %s", (name, version) => {
    expect(json(`node_modules/${name}/package.json`)["version"]).toBe(version);
  });

  test.each(["command", "libvirt"] as const)("@pulumi/%s asks for the plugin we build", (name) => {
    const { pulumi } = json(`node_modules/@pulumi/${name}/package.json`);
    expect(pulumi).toMatchObject({ name, version: versions.plugins[name] });
  });
});

describe("Go modules", () => {
  test.each(Object.entries(versions.modules))("%s requires the listed versions", (module, expected) => {
    const goMod = read(`pulumi/toolchain/${module}/go.mod`);
    const found = required(goMod);
    for (const [path, version] of Object.entries(expected)) expect([path, found.get(path)]).toEqual([path, version]);
    expect(goMod).toContain(`\ngo ${versions.go}\n`);
  });

  test("the CLI is of the version of the npm package", () => {
    expect(versions.modules.cli["github.com/pulumi/pulumi/pkg/v3"]).toBe(`v${versions.pulumi}`);
    expect(versions.npm["@pulumi/pulumi"]).toBe(versions.pulumi);
  });

  test("the providers say the versions their plugins are installed under", () => {
    const stated = (file: string): string | undefined => /Version = "([^"]+)"/.exec(read(file))?.[1];
    expect(stated("pulumi/toolchain/libvirt/provider.go")).toBe(versions.plugins.libvirt);
    expect(stated("pulumi/toolchain/command/provider/provider.go")).toBe(versions.plugins.command);
  });
});

// A registry that does not serve every platform's packages makes npm leave them out of the lock file, and `npm ci`
// then refuses it everywhere. They are listed by version and platform, so that other platforms are skipped unasked.
test("package-lock.json lists the packages of every platform", () => {
  const packages = json("package-lock.json")["packages"] as Record<string, { optionalDependencies?: Record<string, string> }>;
  const wanted = Object.values(packages).flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}));
  const listed = new Set(Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, "")));
  expect(wanted.filter((name) => !listed.has(name))).toEqual([]);
});
