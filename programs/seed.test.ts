import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { exampleSecrets, exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { controlPlaneOf } from "#app/domain/cluster/spec.ts";
import { seedFile, writeSeeds } from "./seed.ts";

const spec = exampleSpec({ workers: 1 });
const secrets = exampleSecrets(spec);
let folder: string;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "berth-seed-")), "seeds");
});
afterEach(() => {
  rmSync(join(folder, ".."), { recursive: true, force: true });
});

describe("seed disks", () => {
  it("are the same bytes whenever they are written", { timeout: 60_000 }, async () => {
    const written = async (): Promise<readonly string[]> => {
      await writeSeeds(spec, secrets, folder);
      return spec.machines.map((m) =>
        createHash("sha256")
          .update(readFileSync(seedFile(folder, m)))
          .digest("hex"),
      );
    };
    const first = await written();
    const second = new Date().getSeconds();
    // The format has times in whole seconds: the next disk must be of another one.
    await vi.waitUntil(() => new Date().getSeconds() !== second, { interval: 20, timeout: 30_000 });
    expect(await written()).toEqual(first);
  });

  it("are readable for their owner only, and leave nothing else behind", async () => {
    await writeSeeds(spec, secrets, folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder).sort()).toEqual(spec.machines.map((m) => `${m.libvirtName}.iso`).sort());
    for (const m of spec.machines) expect(statSync(seedFile(folder, m)).mode & 0o777).toBe(0o600);
  });

  it("carry the label and the files that NoCloud looks for", async () => {
    await writeSeeds(spec, secrets, folder);
    const iso = seedFile(folder, controlPlaneOf(spec));
    expect(execFileSync("isoinfo", ["-d", "-i", iso], { encoding: "utf8" })).toMatch(/Volume id: cidata\n/);
    expect(execFileSync("isoinfo", ["-R", "-i", iso, "-x", "/user-data"], { encoding: "utf8" })).toContain("secret-host-key-of-cp0");
    expect(execFileSync("isoinfo", ["-R", "-f", "-i", iso], { encoding: "utf8" }).trim().split("\n").sort()).toEqual([
      "/meta-data",
      "/network-config",
      "/user-data",
    ]);
  });

  it("are not written for a machine without a host key", async () => {
    await expect(writeSeeds(spec, { ...secrets, hostKeys: {} }, folder)).rejects.toThrow(/cp0: it has no SSH host key/);
  });
});
