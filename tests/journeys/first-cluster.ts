/** The end-to-end test with every fault and repair on its way, which takes longer than `npm test` may. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { repoFolder } from "#app/setup/all-steps.ts";
import { readConfig } from "#app/foundation/config.server.ts";
import { withPrivateLibvirt } from "#app/setup/libvirt/private-libvirt.ts";
import { prepareMachines } from "#app/setup/test-run/test-machines.ts";
import type { Steps } from "./record.ts";

const Report = z.object({
  testResults: z.array(
    z.object({
      assertionResults: z.array(
        z.object({ title: z.string(), status: z.string(), duration: z.number().nullish(), failureMessages: z.array(z.string()) }),
      ),
    }),
  ),
});

export async function firstClusterJourney(steps: Steps): Promise<void> {
  const config = readConfig(process.env, process.getuid?.() ?? -1);
  await steps.step("set-up", async () => {
    await prepareMachines(config, (line) => console.log(line));
    return undefined;
  });
  const folder = await mkdtemp(join(tmpdir(), "berth-journey-"));
  try {
    const report = join(folder, "report.json");
    await withPrivateLibvirt(null, async (libvirt) => {
      const vitest = [
        process.execPath,
        "node_modules/.bin/vitest",
        "run",
        "--config",
        ".config/vitest.machines.config.ts",
        "--reporter=verbose",
        "--reporter=json",
        `--outputFile.json=${report}`,
        "tests/e2e",
      ];
      const [program = "", ...args] = libvirt.argv(vitest, repoFolder);
      const env = { BERTH_CACHE: config.cache, BERTH_LIBVIRT_URI: libvirt.uri, BERTH_JOURNEY: "whole" };
      await execa(program, args, { cwd: repoFolder, stdio: ["ignore", "inherit", "inherit"], env, reject: false });
    });
    const { testResults } = Report.parse(JSON.parse(await readFile(report, "utf8")));
    for (const { title, status, duration, failureMessages } of testResults.flatMap((file) => file.assertionResults)) {
      await steps.ran({
        name: title,
        seconds: Math.round((duration ?? 0) / 100) / 10,
        result: status === "passed" ? "held" : "broke",
        note: failureMessages.join("\n").slice(0, 2_000),
      });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
