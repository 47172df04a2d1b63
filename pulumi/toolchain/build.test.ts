import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ensureEngine, findEngine } from "./build.ts";
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
  await expect(build).rejects.toThrow("compiling pulumi-cli: go ended with 1: module: refused");
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
