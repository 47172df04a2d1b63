/** The web pages: built once for each state of their sources, kept in the cache, copied into the work tree. */
import { existsSync } from "node:fs";
import { cp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { message } from "#app/domain/message/message.ts";
import { ensureArtefact, hashInputs, removeLeftovers } from "#app/foundation/artefacts.ts";
import { runLines } from "#app/foundation/processes.ts";
import type { SetupContext, Step } from "#app/setup/step.ts";
import { treeOwner } from "#app/setup/packages/tree-owner.ts";

const pageFolders = ["components", "domain", "forms", "hooks", "messages", "ports", "routes", "server", "services", "ui"];

/** What the build reads, relative to the work tree: sources without tests, settings of the build, locked versions. */
async function inputs(repo: string): Promise<readonly string[]> {
  const folders = pageFolders.map((name) => join("app", name)).filter((path) => existsSync(join(repo, path)));
  const files: string[] = [];
  for (const folder of folders) {
    const entries = await readdir(join(repo, folder), { recursive: true, withFileTypes: true });
    files.push(
      ...entries.filter((e) => e.isFile() && !/\.test\.tsx?$/.test(e.name)).map((e) => join(e.parentPath.slice(repo.length + 1), e.name)),
    );
  }
  const entries = (await readdir(join(repo, "app"))).filter((name) => /^(root|entry\..*)\.tsx?$/.test(name));
  return [
    ...files,
    ...entries.map((name) => join("app", name)),
    ".config/page-styles.ts",
    ".config/vite.config.ts",
    "package-lock.json",
    "tsconfig.json",
  ];
}

const hashOf = async (repo: string): Promise<string> => await hashInputs(repo, await inputs(repo));

const stampName = "inputs.sha256";

async function isBuilt(repo: string, hash: string): Promise<boolean> {
  const stamp = await readFile(join(repo, "build", stampName), "utf8").catch(() => "");
  return stamp === hash && existsSync(join(repo, "build", "server", "index.js"));
}

export const portalStep: Step = {
  id: "portal",
  needs: [],
  estimateSeconds: 60,
  weight: "first",
  fix: message("run-command", { command: "npm run setup" }),
  check: async (c) => {
    const built = await isBuilt(c.repo, await hashOf(c.repo));
    return built ? { ready: true, outcome: [message("pages-built")] } : { ready: false, missing: [message("pages-not-built")] };
  },
  run: async (c, onLine, signal) => {
    const hash = await hashOf(c.repo);
    await removeLeftovers(c.repo);
    const folder = await ensureArtefact({ cache: c.config.cache, name: "portal-pages", hash }, async (target) => {
      const own = ownFolder();
      try {
        await buildPages(c, own, onLine, signal);
        await cp(join(c.repo, own), target, { recursive: true });
      } finally {
        await rm(join(c.repo, own), { recursive: true, force: true });
      }
    });
    await takeFrom(folder, c.repo, hash);
    return { outcome: [message("pages-built")] };
  },
};

/** Another set-up of the same work tree may run at the same time, so each writes to a folder of its own. */
const ownFolder = (): string => `build.partial-${process.pid}`;

async function buildPages(c: SetupContext, folder: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void> {
  const owner = await treeOwner(c.repo);
  const env = { NODE_ENV: "production", BERTH_PAGES_FOLDER: folder, ...owner.env };
  const args = ["run", "--silent", "build"];
  await runLines({ doing: message("building-pages"), command: "npm", args, cwd: c.repo, env, onLine, signal, ...owner.ids });
}

async function takeFrom(folder: string, repo: string, hash: string): Promise<void> {
  const [copy, build] = [join(repo, ownFolder()), join(repo, "build")];
  try {
    await cp(folder, copy, { recursive: true });
    await writeFile(join(copy, stampName), hash);
    await handOver(copy, repo);
    await rm(build, { recursive: true, force: true });
    await rename(copy, build);
  } catch (error) {
    // Another set-up has put the same pages there in between.
    if (!(await isBuilt(repo, hash))) throw error;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function handOver(folder: string, repo: string): Promise<void> {
  const owner = await stat(repo);
  if (process.getuid?.() !== 0 || owner.uid === 0) return;
  const args = ["-R", `${owner.uid}:${owner.gid}`, folder];
  await runLines({ doing: message("handing-over-pages"), command: "chown", args, onLine: () => undefined });
}
