/** The reference of R9: one `up` by the bare Automation API in a process of its own. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { answerQuestions } from "#tests/bench/crowd/child.ts";
import { bareEnvironment } from "#tests/bench/bare-environment.ts";
import { clusterProgram } from "./talker.ts";

export interface BareQuestion {
  readonly home: string;
  readonly engineFolder: string;
}

export interface BareAnswer {
  readonly result: string;
}

answerQuestions<BareQuestion, BareAnswer>(async ({ home, engineFolder }) => {
  const workDir = join(home, "work");
  await mkdir(workDir, { recursive: true });
  const stack = await LocalWorkspace.createStack(
    { projectName: "bench", stackName: "bench", program: clusterProgram({ revision: 1 }) },
    { workDir, pulumiCommand: await PulumiCommand.get({ root: engineFolder }), envVars: bareEnvironment(home, engineFolder) },
  );
  const { summary } = await stack.up({ color: "never", onEvent: () => undefined });
  return { result: summary.result };
});
