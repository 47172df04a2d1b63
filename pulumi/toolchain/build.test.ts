import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ReleaseFiles, releaseFiles } from "#app/foundation/releases/release-files.ts";
import type { ReleaseFile } from "#app/foundation/releases/release-lock.ts";
import { packed, type ReleaseHost, sha256Of, startReleaseHost } from "#tests/fakes/release-host.ts";
import { type EngineBuild, engineOrigins, ensureEngine, findEngine } from "./build.ts";
import { versions } from "./versions.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-engine-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("in an empty cache there is no engine", async () => {
  expect(await findEngine({ cache: folder })).toBeNull();
});

test("a build that cannot be done reports it and leaves no engine", async () => {
  const go = join(folder, "go");
  await writeFile(go, '#!/bin/sh\n[ "$1" = env ] && echo go99.1 && exit\necho "module: refused" >&2\nexit 1\n', { mode: 0o755 });
  const build = ensureEngine({ cache: folder, onLine: () => {}, env: { PATH: `${folder}:/usr/bin:/bin` } });
  await expect(build).rejects.toThrow(/^compiling (pulumi-cli|plugin-libvirt|plugin-command): go ended with 1: module: refused$/);
  expect(await findEngine({ cache: folder })).toBeNull();
});

test("an engine is assembled from what Go builds, once", async () => {
  const go = join(folder, "go");
  const record = join(folder, "record");
  // Writes the file that the argument after -o names.
  const script = `[ "$1" = env ] && echo go99.1 && exit
while [ "$1" != -o ]; do shift; done
echo "$3" >>${record}; echo binary >"$2"`;
  await writeFile(go, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const options = { cache: folder, onLine: () => {}, env: { PATH: `${folder}:/usr/bin:/bin` } };
  const engine = await ensureEngine(options);
  expect(await findEngine({ cache: folder })).toBe(engine);
  await rm(go);
  expect(await ensureEngine({ ...options, env: { PATH: "/nonexistent" } })).toBe(engine);
});

test("an official command plugin of our version makes another engine, one of another version does not", async () => {
  const plugins = join(folder, "plugins");
  const plugin = async (version: string): Promise<void> => {
    await mkdir(join(plugins, `resource-command-v${version}`), { recursive: true });
    await writeFile(join(plugins, `resource-command-v${version}`, "pulumi-resource-command"), "official");
  };
  const go = join(folder, "go");
  const script = `[ "$1" = env ] && echo go99.1 && exit\nwhile [ "$1" != -o ]; do shift; done\necho ours >"$2"`;
  await writeFile(go, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const build = { cache: folder, onLine: () => {}, env: { PATH: `${folder}:/usr/bin:/bin` } };
  const ours = await ensureEngine(build);
  await plugin("9.9.9");
  expect(await ensureEngine({ ...build, installedPlugins: plugins })).toBe(ours);
  await plugin(versions.plugins.command);
  expect(await ensureEngine({ ...build, installedPlugins: plugins })).not.toBe(ours);
});

async function releasesOf(host: ReleaseHost, checksum?: string): Promise<ReleaseFiles> {
  const content = await packed({ "pulumi/pulumi": "released", "pulumi/pulumi-language-go": "unused" });
  host.serve("/pulumi.tar.gz", { does: "answer", content });
  const cli: ReleaseFile = {
    part: "pulumi-cli",
    version: versions.pulumi,
    kind: "archive",
    url: `${host.address}/pulumi.tar.gz`,
    algorithm: "sha256",
    checksum: checksum ?? sha256Of(content),
    source: "https://example.com/pulumi.rb",
    programs: { pulumi: "pulumi/pulumi" },
  };
  const compiled = [{ part: "plugin-libvirt", reason: "own-program", note: "" }] as const;
  return releaseFiles({ source: { kind: "upstream" }, lock: { files: [cli], compiled: [...compiled] } });
}

test("the released CLI takes the place of the compiled one; the engine is the same, and says what came from where", async () => {
  const go = join(folder, "go");
  const record = join(folder, "record");
  const script = `[ "$1" = env ] && echo go99.1 && exit\nwhile [ "$1" != -o ]; do shift; done\necho "$3" >>${record}; echo ours >"$2"`;
  await writeFile(go, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const host = await startReleaseHost();
  const notes: string[] = [];
  const build = async (cache: string, releases: ReleaseFiles): Promise<string> => {
    const onNote: EngineBuild["onNote"] = (note) => notes.push(`${note.code} ${String(note.params.part)}`);
    const options = { cache: join(folder, cache), onLine: () => {}, env: { PATH: `${folder}:/usr/bin:/bin` } };
    return await ensureEngine({ ...options, onNote, releases });
  };
  try {
    const released = await build("a", await releasesOf(host));
    expect(await readFile(join(released, "bin/pulumi"), "utf8")).toBe("released");
    expect((await readFile(record, "utf8")).split("\n").filter(Boolean).sort()).toEqual([
      "./cmd/pulumi-resource-command",
      "./cmd/pulumi-resource-libvirt",
    ]);
    expect(notes.sort()).toEqual(["part-not-pinned plugin-command", "part-own-program plugin-libvirt", "part-released pulumi-cli"]);
    expect((await engineOrigins({ cache: join(folder, "a") })).map((o) => `${o.part} ${o.version} ${o.from}`)).toEqual([
      `pulumi-cli ${versions.pulumi} release`,
      `plugin-libvirt ${versions.plugins.libvirt} source`,
      `plugin-command ${versions.plugins.command} source`,
    ]);
    const compiled = await build("b", await releasesOf(host, "0".repeat(64)));
    expect(await readFile(join(compiled, "bin/pulumi"), "utf8")).toBe("ours\n");
    expect(relative(join(folder, "b"), compiled)).toBe(relative(join(folder, "a"), released));
  } finally {
    await host.close();
  }
});
