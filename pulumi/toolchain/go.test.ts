import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findGo, GoUnusable, goEnvironment, runGo } from "./go.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-go-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function pretendGo(script: string): Promise<string> {
  const path = join(folder, "go");
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

describe("finding Go", () => {
  // Versions are compared with one no machine has, so that a Go elsewhere on it does not count.
  test("a Go that is too old is named, with what to do", async () => {
    await pretendGo("echo go1.21.4");
    const found = findGo("99.1", { PATH: `${folder}:/usr/bin:/bin` });
    await expect(found).rejects.toThrow(/^Go 1\.21\.4 is too old\. .*Go 99\.1 or newer/);
    await expect(found).rejects.toBeInstanceOf(GoUnusable);
  });

  test("a newer one is taken", async () => {
    await pretendGo("echo go99.12");
    expect(await findGo("99.2", { PATH: `${folder}:/usr/bin:/bin` })).toBe("go");
  });
});

describe("running Go", () => {
  test("settings that would change the result are left out", () => {
    const env = goEnvironment({ GOOS: "plan9", GOFLAGS: "-mod=vendor", GOPROXY: "https://mirror.invalid", CGO_ENABLED: "1" });
    expect(env).not.toHaveProperty("GOOS");
    expect(env).toMatchObject({ CGO_ENABLED: "0", GOPROXY: "https://mirror.invalid" });
    expect(env.GOFLAGS).not.toContain("vendor");
  });

  test("lines come with their stream, and the exit code at the end", async () => {
    const go = await pretendGo('echo "out $1"; echo err >&2; exit 3');
    const lines: string[] = [];
    const code = await runGo(go, { args: ["x"], cwd: folder, onLine: (line, stream) => lines.push(`${stream}: ${line}`) });
    expect(code).toBe(3);
    expect(lines.sort()).toEqual(["stderr: err", "stdout: out x"]);
  });

  test("an abort interrupts it", async () => {
    const go = await pretendGo("trap 'exit 130' INT; echo started; while :; do sleep 0.05; done");
    const abort = new AbortController();
    const run = runGo(go, { args: [], cwd: folder, signal: abort.signal, onLine: () => abort.abort(new Error("enough")) });
    await expect(run).rejects.toThrow("enough");
  });
});
