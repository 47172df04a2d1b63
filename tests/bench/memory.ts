/**
 * R9: memory, as proportional set size (shared pages are divided among those who share them). A portal at rest beside a
 * bare web server of the same Node.js; and what one operation adds beside the bare Automation API doing the same.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startChild } from "./crowd/child.ts";
import { peakOf, processTree, pssKiB } from "./process-tree.ts";
import type { BareAnswer, BareQuestion } from "./programs/bare-up.ts";
import type { Comparison } from "./report.ts";
import { benchStack } from "./run.ts";

const repo = fileURLToPath(new URL("../..", import.meta.url));
const settleMs = 5_000;

export async function idleMemory(rounds: number): Promise<Comparison> {
  const [ours, reference]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    ours.push(await inFolder((folder) => idle(["app/server/main.ts"], portalEnvironment(folder), /"the portal is up"/)));
    reference.push(await inFolder(() => idle(["tests/bench/programs/bare-web.ts"], {}, /up/)));
  }
  return {
    id: "R9",
    title: "memory of a portal at rest, worker included",
    unit: "MiB",
    ours: { name: "portal", values: ours },
    reference: { name: "bare Express and ws", values: reference },
  };
}

const portalEnvironment = (folder: string): Record<string, string> => ({
  BERTH_HOME: folder,
  BERTH_CACHE: join(folder, "cache"),
  BERTH_LISTEN: `unix:${join(folder, "portal.socket")}`,
});

async function idle(args: readonly string[], env: Record<string, string>, up: RegExp): Promise<number> {
  const child = spawn(process.execPath, [...args], {
    cwd: repo,
    env: { NODE_ENV: "production", PATH: process.env.PATH ?? "", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = once(child, "exit");
  try {
    await new Promise<void>((resolve, reject) => {
      let text = "";
      child.stdout.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        if (up.test(text)) resolve();
      });
      gone.then(([code]) => reject(new Error(`bench R9: a process ended with ${String(code)}`)), reject);
    });
    // It is rest that is measured: start-up's garbage is collected in its own time.
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    return (await pssKiB(await processTree(child.pid ?? 0))) / 1024;
  } finally {
    child.kill("SIGTERM");
    await gone;
  }
}

/** `operations` at the same time; the value is the highest sum of all their processes, per operation. */
export async function operationMemory(engineFolder: string, operations: number, rounds: number): Promise<Comparison> {
  const [ours, reference]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    ours.push((await inFolder((folder) => throughBerth(folder, engineFolder, operations))) / operations);
    reference.push((await inFolder((folder) => throughBare(folder, engineFolder, operations))) / operations);
  }
  return {
    id: "R9",
    title: `memory per operation, ${operations} at once`,
    unit: "MiB",
    ours: { name: "Berth's child, CLI, plugins", values: ours },
    reference: { name: "bare Automation API, CLI, plugins", values: reference },
  };
}

const each = <T>(count: number, act: (i: number) => Promise<T>): Promise<readonly T[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => act(i)));

/** This process stands for the worker, which is there anyway: only what it starts is counted. */
async function throughBerth(folder: string, engineFolder: string, operations: number): Promise<number> {
  const runs = await each(operations, async (i) => {
    const home = join(folder, String(i));
    await mkdir(home, { recursive: true });
    return benchStack(home, engineFolder, "talker");
  });
  const peak = peakOf(async () => (await processTree(process.pid)).filter((pid) => pid !== process.pid));
  try {
    await each(operations, async (i) => {
      const result = await runs[i]?.engine.run(runs[i].run("update", 1), () => Promise.resolve(), new AbortController().signal);
      if (result?.result !== "succeeded") throw new Error(`bench R9: the run ended ${String(result?.result)}`);
    });
  } finally {
    peak.stop();
  }
  return (await peak.kib) / 1024;
}

async function throughBare(folder: string, engineFolder: string, operations: number): Promise<number> {
  const children = await each(operations, () => startChild<BareQuestion, BareAnswer>(new URL("./programs/bare-up.ts", import.meta.url)));
  const peak = peakOf(async () => (await Promise.all(children.map((c) => processTree(c.pid)))).flat());
  try {
    await Promise.all(children.map((c, i) => c.ask({ home: join(folder, String(i)), engineFolder })));
  } finally {
    peak.stop();
    await Promise.all(children.map((c) => c.end()));
  }
  return (await peak.kib) / 1024;
}

async function inFolder<T>(act: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "berth-bench-"));
  try {
    return await act(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
