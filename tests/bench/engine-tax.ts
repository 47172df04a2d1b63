/**
 * R4: what Berth's driver (child process, translation, scrubbing, acknowledged events) adds to a run. Fifty resources
 * that do nothing, made again by Berth's engine and by the bare Automation API, in turn.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { bareEnvironment } from "./bare-environment.ts";
import { clusterProgram, resources } from "./programs/idle.ts";
import type { Comparison } from "./report.ts";
import { benchStack } from "./run.ts";

export async function engineTax(engineFolder: string, rounds: number): Promise<Comparison> {
  const folder = await mkdtemp(join(tmpdir(), "berth-bench-"));
  const ours: number[] = [];
  const reference: number[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      ours.push(await berthRun(join(folder, `berth-${round}`), engineFolder));
      reference.push(await bareRun(join(folder, `bare-${round}`), engineFolder));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return {
    id: "R4",
    title: `engine tax: create ${resources} resources that do nothing`,
    unit: "s",
    ours: { name: "Berth's stack engine", values: ours },
    reference: { name: "bare Automation API", values: reference },
  };
}

async function berthRun(home: string, engineFolder: string): Promise<number> {
  await mkdir(home, { recursive: true });
  const { engine, run } = await benchStack(home, engineFolder, "idle");
  const began = performance.now();
  const result = await engine.run(run("update", 1), () => Promise.resolve(), new AbortController().signal);
  if (result.result !== "succeeded") throw new Error(`bench R4: the run ended ${result.result}`);
  return (performance.now() - began) / 1000;
}

async function bareRun(home: string, engineFolder: string): Promise<number> {
  const workDir = join(home, "work");
  await mkdir(workDir, { recursive: true });
  const began = performance.now();
  const stack = await LocalWorkspace.createStack(
    { projectName: "bench", stackName: "bench", program: clusterProgram() },
    { workDir, pulumiCommand: await PulumiCommand.get({ root: engineFolder }), envVars: bareEnvironment(home, engineFolder) },
  );
  const { summary } = await stack.up({ color: "never", parallel: 8, onEvent: () => undefined });
  if (summary.result !== "succeeded") throw new Error(`bench R4: the reference ended ${summary.result}`);
  return (performance.now() - began) / 1000;
}
