/**
 * The Automation API's stack, with every CLI process left out that Berth has no need of: a run of an existing stack is
 * one process. Loads `@pulumi/*`, so only the child process of a run may import it.
 */
import { chmod, mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { LocalWorkspace, Stack } from "@pulumi/pulumi/automation/index.js";
import type { Cli } from "./cli.ts";
import { backendUrl, projectName, type StackFiles } from "./stack-files.ts";

export type InlineProgram = () => Promise<Record<string, pulumi.Input<unknown>> | undefined>;

export interface StackSettings {
  readonly files: StackFiles;
  readonly stackName: string;
  readonly passphrase: string;
  readonly cli: Cli;
  /** Folder with `plugins`; `workspaces` and other per-run files are written beside it. */
  readonly pulumiHome: string;
  /** Version of the CLI, as the build pinned it. */
  readonly version: string;
  readonly program: InlineProgram;
}

/** Opens the stack, creating it (state file and passphrase salt) at first use. */
export async function openStack(s: StackSettings): Promise<Stack> {
  await mkdir(s.files.backend, { recursive: true, mode: 0o700 });
  await mkdir(s.files.folder, { recursive: true, mode: 0o700 });
  await chmod(s.files.tenantFolder, 0o700);
  await removeAttributes(s.files);
  const workspace = await LocalWorkspace.create({
    workDir: s.files.folder,
    pulumiCommand: s.cli,
    pulumiHome: s.pulumiHome,
    program: s.program,
    projectSettings: { name: projectName, runtime: "nodejs" },
    envVars: environmentOf(s),
  });
  // The version is pinned and the outputs are captured while the program runs; asking the CLI would cost a process each.
  Object.defineProperty(workspace, "pulumiVersion", { value: s.version });
  workspace.stackOutputs = () => Promise.resolve({});
  workspace.selectStack = () => Promise.resolve();
  const stack = (await exists(s.files.checkpoint))
    ? await Stack.select(s.stackName, workspace)
    : await Stack.create(s.stackName, workspace);
  stack.info = () => Promise.resolve(undefined);
  return stack;
}

/**
 * Earlier versions of Berth let the engine's storage library put a file of attributes beside each file, written in place:
 * an empty one, of a run that was killed just then, makes the state unreadable. Nothing in them is needed.
 */
async function removeAttributes({ checkpoint, backend }: StackFiles): Promise<void> {
  for (const path of [checkpoint, join(backend, ".pulumi", "meta.yaml")]) await rm(`${path}.attrs`, { force: true });
}

const environmentOf = (s: StackSettings): Record<string, string> => ({
  // No files of attributes: see above.
  PULUMI_BACKEND_URL: backendUrl(s.files.backend),
  PULUMI_CONFIG_PASSPHRASE: s.passphrase,
  PULUMI_SKIP_UPDATE_CHECK: "true",
  PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
  PULUMI_DISABLE_REGISTRY_RESOLVE: "true",
});

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => null)) !== null;
