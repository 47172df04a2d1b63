import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { repoFolder } from "#app/setup/all-steps.ts";
import { longestFirst, machineTestFiles, queueOf } from "./test-queue.ts";

describe("the queue of test files with machines", () => {
  it("starts with the longest file, and keeps every file once", () => {
    const files = ["tests/engine/a.test.ts", "tests/engine/backup.test.ts", "tests/pages/pages.test.ts", "tests/engine/0.test.ts"];
    expect(longestFirst(files)).toEqual([
      "tests/pages/pages.test.ts",
      "tests/engine/backup.test.ts",
      "tests/engine/0.test.ts",
      "tests/engine/a.test.ts",
    ]);
  });

  it("names files of the repository, those of the long list among them, and none of the end-to-end test", () => {
    const files = machineTestFiles(repoFolder);
    expect(files.filter((file) => !existsSync(join(repoFolder, file)))).toEqual([]);
    expect(files.slice(0, 7).map((file) => file.split("/").at(-1))).toEqual([
      ...[
        "pages.test.ts",
        "backup.test.ts",
        "drift-storage.test.ts",
        "machine-stopped.test.ts",
        "commands.test.ts",
        "recovery.test.ts",
        "disk-source.test.ts",
      ],
    ]);
    expect(files.filter((file) => file.includes("e2e"))).toEqual([]);
    expect(new Set(files).size).toBe(files.length);
  });

  it("gives each file to one lane", async () => {
    const next = queueOf(["a", "b", "c"]);
    const lane = async (): Promise<readonly string[]> => {
      const taken: string[] = [];
      for (let file = next(); file !== undefined; file = next()) {
        taken.push(file);
        await Promise.resolve();
      }
      return taken;
    };
    const [one, two] = await Promise.all([lane(), lane()]);
    expect([...one, ...two].toSorted()).toEqual(["a", "b", "c"]);
    expect(one).not.toEqual([]);
    expect(two).not.toEqual([]);
  });
});
