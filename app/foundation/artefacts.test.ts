import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { artefactPath, ensureArtefact } from "./artefacts.ts";

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "berth-artefacts-"));
});
afterEach(() => rm(cache, { recursive: true }));

it("removes what builders that are gone had begun, and leaves what others are building", async () => {
  const request = { cache, name: "thing", hash: "a".repeat(64) };
  const folder = dirname(artefactPath(request));
  const gone = spawn("true");
  await once(gone, "exit");
  const alive = spawn("sleep", ["60"]);
  for (const name of [`old.partial-${gone.pid}`, `other.partial-${alive.pid}`]) {
    await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, name, "half"), "x");
  }
  try {
    await ensureArtefact(request, (target) => writeFile(join(target, "done"), "x"));
    expect((await readdir(folder)).sort()).toEqual(["a".repeat(32), `other.partial-${alive.pid}`]);
  } finally {
    alive.kill();
  }
});

it("leaves nothing of a build that did not work", async () => {
  const request = { cache, name: "thing", hash: "b".repeat(64) };
  await expect(ensureArtefact(request, () => Promise.reject(new Error("no compiler")))).rejects.toThrow("no compiler");
  expect(await readdir(dirname(artefactPath(request)))).toEqual([]);
});
