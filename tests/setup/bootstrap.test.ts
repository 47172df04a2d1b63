import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { repoFolder } from "#app/setup/all-steps.ts";

let bin: string;
beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), "berth-bin-"));
});
afterEach(() => rmSync(bin, { recursive: true }));

const otherGos = ["/usr/local/go", "/usr/lib/go-1.26", "/usr/lib/go"];

/** Runs the bootstrap where only the given programs exist: as scripts that print a line, or the real ones by path. */
function bootstrap(command: string, programs: Record<string, string>) {
  for (const [name, text] of Object.entries(programs)) {
    const file = join(bin, name);
    if (text.startsWith("/")) symlinkSync(text, file);
    else {
      writeFileSync(file, `#!/bin/sh\n${text}\n`);
      chmodSync(file, 0o755);
    }
  }
  const script = join(repoFolder, "app", "setup", "bootstrap.mjs");
  const env: NodeJS.ProcessEnv = { NODE_ENV: "test", PATH: bin, HOME: bin };
  // Only what the test gives is there: another Go would be found wherever Go is usually put.
  const hide = otherGos.filter((place) => existsSync(place)).map((place) => `mount -t tmpfs none ${place}`);
  const inside = [...hide, `exec "$0" "$@"`].join(" && ");
  const { status, stdout, stderr } = spawnSync(
    "/usr/bin/unshare",
    [
      "--mount",
      "/bin/sh",
      "-c",
      `PATH=/usr/sbin:/usr/bin:/sbin:/bin; ${inside.replace("exec", `PATH="${bin}" exec`)}`,
      process.execPath,
      script,
      command,
    ],
    { env, encoding: "utf8" },
  );
  return { status, text: stdout + stderr };
}

const ordinary = { "apt-get": "echo apt", npm: "echo 11.0.0", "dpkg-query": "exit 1" };

describe("on a machine that cannot run Berth", () => {
  it("says that this is no Debian", () => {
    const { status, text } = bootstrap("start", { npm: "echo 11.0.0" });
    expect(status).toBe(1);
    expect(text).toContain("is not supported: it has no apt");
    expect(text).not.toMatch(/\n\s+at /);
  });

  it("says that npm is missing", () => {
    const { status, text } = bootstrap("test", { "apt-get": "echo apt" });
    expect(status).toBe(1);
    expect(text).toContain("npm is not installed");
  });

  it("says that Go is too old, and what to do", () => {
    const { status, text } = bootstrap("start", { ...ordinary, go: "echo go1.19.8" });
    expect(status).toBe(1);
    expect(text).toContain("Go go1.19.8 is too old: Go 1.26 or newer compiles the engine");
    expect(text).toContain("install Go from https://go.dev/dl");
    expect(bootstrap("doctor", { ...ordinary, go: "echo go1.26.0" }).text).toMatch(/ok +Go +1\.26\.0/);
  });

  it("says that Go is missing", () => expect(bootstrap("start", ordinary).text).toContain("Go is not installed"));

  it("answers an unknown command with its usage", () => {
    const { status, text } = bootstrap("fly", ordinary);
    expect(status).toBe(1);
    expect(text).toContain("usage:");
  });
});

describe("the doctor", () => {
  it("names everything that is missing with the command that fixes it, and ends with 1", () => {
    const { status, text } = bootstrap("doctor", ordinary);
    expect(status).toBe(1);
    expect(text).toMatch(/MISSING basics +missing: .*ca-certificates/);
    expect(text).toContain("to fix it: npm run setup");
    expect(text).not.toMatch(/\n\s+at /);
  });
});
