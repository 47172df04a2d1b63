/** A failpoint that no test reaches shows nothing, and makes the code longer. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { failpointNames } from "#app/ports/failpoint.ts";
import { repoFolder } from "#app/setup/all-steps.ts";

test("every failpoint is used by a test of faults", () => {
  const tests = globSync("tests/faults/**/*.test.ts", { cwd: repoFolder }).map((file) => readFileSync(join(repoFolder, file), "utf8"));
  expect(failpointNames.filter((name) => !tests.some((text) => text.includes(`"${name}"`)))).toEqual([]);
});
