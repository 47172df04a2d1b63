/** Runs the steps of set-up in order and writes down how far they are. */
import { type Message, message, reasonsOf } from "#app/domain/message/message.ts";
import { inEnglish } from "#app/messages/in-english.ts";
import type { SetupStepId, SetupStepState } from "#app/domain/setup.ts";
import { nextSteps } from "./order.ts";
import { type SetupStateFile, setupFolder } from "#app/setup/state-file.ts";
import type { OnNote, SetupContext, Step, StepResult } from "./step.ts";
import { changeLine, noteLine } from "#app/foundation/terminal.ts";

export interface RunnerOptions {
  readonly steps: readonly Step[];
  readonly context: SetupContext;
  readonly file: SetupStateFile;
  readonly signal: AbortSignal;
  /** One line for the terminal at every change. */
  readonly say: (line: string) => void;
  readonly now: () => number;
  /** How many heavy steps may run side by side. */
  readonly heavyAtOnce?: number;
}

/** Resolves when nothing more can run; the steps that failed are in the state. Never rejects for a step's failure. */
export async function runSteps(o: RunnerOptions): Promise<void> {
  const running = new Map<SetupStepId, Promise<void>>();
  for (;;) {
    if (!o.signal.aborted) {
      for (const step of nextSteps(o.steps, statesOf(o.file), o.heavyAtOnce)) {
        running.set(
          step.id,
          runStep(o, step).finally(() => running.delete(step.id)),
        );
      }
    }
    if (running.size === 0) return;
    await Promise.race(running.values());
  }
}

const statesOf = (file: SetupStateFile) => new Map(file.state().steps.map((s) => [s.id, s.step.state] as const));

async function runStep(o: RunnerOptions, step: Step): Promise<void> {
  const startedAt = o.now();
  const set = (state: SetupStepState): void => {
    o.file.setStep(step.id, state);
    o.say(changeLine(step.id, state, step.estimateSeconds, inEnglish));
  };
  o.file.setStep(step.id, { state: "running", startedAt });
  try {
    const result = await checkOrRun(o, step);
    if (result.accelerator !== undefined) o.file.setAccelerator(result.accelerator);
    set({ state: "done", startedAt, endedAt: o.now(), outcome: result.outcome });
  } catch (error) {
    const said = reasonsOf(error);
    const reasons =
      inEnglish(said).trim() === ""
        ? [message("step-without-reason", { log: `${setupFolder(o.context.config.home)}/${step.id}.log` })]
        : said;
    o.file.addLine(step.id, inEnglish(reasons));
    set({ state: "failed", startedAt, endedAt: o.now(), reasons, fix: step.fix });
  }
}

async function checkOrRun(o: RunnerOptions, step: Step): Promise<StepResult> {
  const check = await step.check(o.context);
  if (check.ready) return check;
  o.say(changeLine(step.id, { state: "running", startedAt: o.now() }, step.estimateSeconds, inEnglish));
  o.file.addLine(step.id, inEnglish(check.missing));
  const onNote: OnNote = (stored) => {
    const note = stored as Message;
    const text = inEnglish([note]);
    o.file.addNote(step.id, note);
    o.file.addLine(step.id, text);
    o.say(noteLine(step.id, text));
  };
  return await step.run(o.context, (line) => o.file.addLine(step.id, line), o.signal, onNote);
}
