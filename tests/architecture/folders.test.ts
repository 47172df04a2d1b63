/** Folders stay small enough to read, and each has its own import rule. */
import { globSync } from "node:fs";
import { basename, dirname } from "node:path";
import { expect, test } from "vitest";
import { repoFolder } from "#app/setup/all-steps.ts";

const config = new URL("../../.config/dependency-cruiser.mjs", import.meta.url).pathname;
const { default: rules } = (await import(config)) as { default: { forbidden: readonly { readonly from: { readonly path?: string } }[] } };

const files = globSync(["{app,pulumi,programs,ansible,tests}/**/*"], {
  cwd: repoFolder,
  withFileTypes: true,
  exclude: (entry) => /^(node_modules|sdks|__snapshots__)$/.test(entry.name),
})
  .filter((entry) => entry.isFile())
  .map((entry) => `${entry.parentPath}/${entry.name}`.slice(repoFolder.length).replace(/^\//, ""));
const folders = [...new Set(files.map((file) => dirname(file)))].sort();
const most = 25;

test("there are folders to check", () => expect(folders.length).toBeGreaterThan(80));

test.each(folders)("%s holds at most 25 files", (folder) => {
  const held = files.filter((file) => dirname(file) === folder).map((file) => basename(file));
  expect(held.length, held.join(" ")).toBeLessThanOrEqual(most);
});

const ruledFolders = folders.filter((folder) => /^(app|pulumi|programs)\/./.test(folder) && !folder.startsWith("pulumi/toolchain/"));

test.each(ruledFolders)("%s has an import rule of its own", (folder) => {
  const own = rules.forbidden.filter(
    ({ from: { path } }) =>
      path !== undefined && new RegExp(path).test(`${folder}/x.ts`) && !new RegExp(path).test(`${dirname(folder)}/another/x.ts`),
  );
  expect(own).not.toEqual([]);
});
