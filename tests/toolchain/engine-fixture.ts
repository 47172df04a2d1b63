/** What tests of the built engine share: the engine itself, a Pulumi home, and stacks that clean up after themselves. */
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as automation from "@pulumi/pulumi/automation/index.js";
import { berthPaths } from "#app/foundation/paths.ts";
import { ensureEngine } from "#pulumi/toolchain/build.ts";

export interface EngineFixture {
  /** Folder of the engine. */
  readonly engine: string;
  /** A scratch folder of the test. */
  readonly folder: string;
  /** Environment of every process of the engine. */
  readonly env: Readonly<Record<string, string>>;
  readonly stack: (name: string, program: automation.PulumiFn) => Promise<automation.Stack>;
  readonly close: () => Promise<void>;
}

/** Builds the engine if it is not built yet, which takes many minutes with cold caches. */
export async function engineFixture(): Promise<EngineFixture> {
  const { cache } = berthPaths(process.env, process.getuid?.() ?? -1);
  const engine = await ensureEngine({ cache, onLine: (line) => console.log(line) });
  const folder = await mkdtemp(join(tmpdir(), "berth-toolchain-"));
  const env = await prepareHome(engine, folder);
  const pulumiCommand = await automation.PulumiCommand.get({ root: engine });
  const stack = (name: string, program: automation.PulumiFn): Promise<automation.Stack> =>
    automation.LocalWorkspace.createOrSelectStack(
      { stackName: name, projectName: "toolchain", program },
      { workDir: folder, pulumiHome: join(folder, "home"), envVars: { ...env }, pulumiCommand },
    );
  return { engine, folder, env, stack, close: () => rm(folder, { recursive: true, force: true }) };
}

async function prepareHome(engine: string, folder: string): Promise<Record<string, string>> {
  await mkdir(join(folder, "home"));
  await mkdir(join(folder, "state"));
  await symlink(join(engine, "home/plugins"), join(folder, "home/plugins"));
  return {
    PULUMI_HOME: join(folder, "home"),
    PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "a passphrase of this test",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
    PULUMI_DISABLE_REGISTRY_RESOLVE: "true",
  };
}
