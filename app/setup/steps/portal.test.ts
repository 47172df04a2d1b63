import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, it } from "vitest";
import { repoFolder } from "#app/setup/all-steps.ts";

let folder: string;
let repo: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-portal-step-"));
  repo = join(folder, "tree");
  await mkdir(join(repo, "app"), { recursive: true });
  await mkdir(join(repo, ".config"));
  for (const name of [".config/page-styles.ts", ".config/vite.config.ts", "package-lock.json", "tsconfig.json"])
    await writeFile(join(repo, name), "");
  await writeFile(join(repo, "package.json"), JSON.stringify({ scripts: { build: "node build.mjs" } }));
});
afterEach(() => rm(folder, { recursive: true }));

/** A build that continues only when two of its kind have begun. */
const build = `
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
const to = process.env.BERTH_PAGES_FOLDER ?? "build";
mkdirSync(to + "/client", { recursive: true });
writeFileSync(to + "/client/manifest.js", "x");
writeFileSync("begun-" + process.pid, "");
while (readdirSync(".").filter((name) => name.startsWith("begun-")).length < 2) await setTimeout(10);
mkdirSync(to + "/server", { recursive: true });
writeFileSync(to + "/server/index.js", "x");
`;

const setUp = () => {
  const context = JSON.stringify({ repo, config: { cache: join(folder, "cache") } });
  const program = `import { portalStep } from "#app/setup/steps/portal.ts"; await portalStep.run(${context}, () => undefined, new AbortController().signal);`;
  return execa(process.execPath, ["--input-type=module", "-e", program], { cwd: repoFolder });
};

const filesBelow = async (path: string): Promise<readonly string[]> =>
  (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((e) => e.isFile())
    .map((e) => join(e.parentPath, e.name).slice(path.length + 1))
    .sort();

it("two set-ups of one work tree at the same time build whole pages, and leave no folder of their own", async () => {
  await writeFile(join(repo, "build.mjs"), build);
  await Promise.all([setUp(), setUp()]);
  expect(await filesBelow(join(repo, "build"))).toEqual(["client/manifest.js", "inputs.sha256", "server/index.js"]);
  const [hash = ""] = await readdir(join(folder, "cache/artefacts/portal-pages"));
  expect(await filesBelow(join(folder, "cache/artefacts/portal-pages", hash))).toEqual(["client/manifest.js", "server/index.js"]);
  expect((await readdir(repo)).filter((name) => name.includes("partial"))).toEqual([]);
});
