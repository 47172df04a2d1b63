/** What tests with machines need of set-up: packages, the engine and the images, in a home that goes away again. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "#app/foundation/config.server.ts";
import { setupContext, stepsOf } from "#app/setup/all-steps.ts";
import { setUp } from "#app/setup/setup.ts";

/** What tests need, without the libvirt of a portal: they make their own. */
export async function prepareMachines(config: Config, say: (line: string) => void): Promise<void> {
  const context = { ...setupContext({ ...config, hypervisor: "private" }, true) };
  const home = await mkdtemp(join(tmpdir(), "berth-test-setup-"));
  try {
    const steps = stepsOf(["portal", "packages", "accelerator", "engine", "image"]);
    const open = await setUp({ ...context, config: { ...config, home } }, steps, say, new AbortController().signal);
    if (open.length > 0) throw new Error(`set-up for the tests is not complete: ${open.join(", ")}`);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
