/** What a journey did, step by step, and the file of all of them: `tests/journeys/tried.jsonl`, one run a line. */
import { appendFile } from "node:fs/promises";
import { execa } from "execa";
import { z } from "zod";

export const TriedStep = z.object({
  name: z.string(),
  seconds: z.number(),
  result: z.enum(["held", "broke", "seen"]),
  /** What was measured or seen; why it broke. */
  note: z.string(),
});
export type TriedStep = z.output<typeof TriedStep>;

export const JourneyRecord = z.object({
  journey: z.string(),
  /** What it ran on, e.g. `Debian 12, container`. */
  on: z.string(),
  /** The commit, shortened; `-dirty` when files differed from it. */
  commit: z.string(),
  at: z.string(),
  processors: z.number(),
  steps: z.array(TriedStep).readonly(),
  result: z.enum(["held", "broke"]),
});
export type JourneyRecord = z.output<typeof JourneyRecord>;

export interface Steps {
  /** Runs one step; its note is kept. A step that rejects breaks the journey, and the ones after it are not tried. */
  step(name: string, run: () => Promise<string | undefined>): Promise<void>;
  /** A step that asserts nothing: what it saw is written down, whatever it is. */
  see(name: string, look: () => Promise<string>): Promise<void>;
  /** A step that another program ran and timed. Rejects when it broke, as {@link step} does. */
  ran(step: TriedStep): Promise<void>;
  readonly done: readonly TriedStep[];
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 2_000);

export function openSteps(say: (line: string) => void): Steps {
  const done: TriedStep[] = [];
  const add = (step: TriedStep): void => {
    done.push(step);
    say(`${step.result.padEnd(5)} ${String(step.seconds).padStart(7)} s  ${step.name}${step.note === "" ? "" : `: ${step.note}`}`);
  };
  const keep = (name: string, began: number, result: TriedStep["result"], note: string): void =>
    add({ name, seconds: Math.round((performance.now() - began) / 100) / 10, result, note });
  return {
    done,
    async step(name, run) {
      const began = performance.now();
      try {
        keep(name, began, "held", (await run()) ?? "");
      } catch (error) {
        keep(name, began, "broke", message(error));
        throw error;
      }
    },
    async ran(step) {
      add(step);
      if (step.result === "broke") throw new Error(step.note);
    },
    async see(name, look) {
      const began = performance.now();
      keep(name, began, "seen", await look().catch(message));
    },
  };
}

/** To be asked before a journey begins: the tree may move while it runs. */
export async function commitOf(repo: string): Promise<string> {
  const { stdout: head } = await execa("git", ["-C", repo, "rev-parse", "--short=7", "HEAD"]);
  const { stdout: changed } = await execa("git", ["-C", repo, "status", "--porcelain"]);
  return changed === "" ? head : `${head}-dirty`;
}

export const keepRecord = (file: string, record: JourneyRecord): Promise<void> =>
  appendFile(file, `${JSON.stringify(JourneyRecord.parse(record))}\n`);
