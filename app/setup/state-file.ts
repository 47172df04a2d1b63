/**
 * The one file that says how far set-up is: `<home>/setup/state.json`. The launcher writes it, everything else reads.
 * It is replaced as a whole, so a reader never sees half of it; the full output of a step lies beside it.
 */
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Message, message } from "#app/domain/message/message.ts";
import type { AcceleratorVerdict, HypervisorChoice, SetupState, SetupStepId, SetupStepState, SetupStepView } from "#app/domain/setup.ts";
import type { Step } from "#app/setup/step.ts";

export const setupFolder = (home: string): string => join(home, "setup");
export const setupStateFile = (home: string): string => join(setupFolder(home), "state.json");

const tailLines = 40;
const lineLength = 400;
const writeEveryMs = 250;

/** The state as last written, or null when there is none yet, or one of an earlier version: the next start writes it. */
export function readSetupState(home: string): SetupState | null {
  try {
    const state = JSON.parse(readFileSync(setupStateFile(home), "utf8")) as SetupState;
    return hasMessages(state) ? { ...state, steps: state.steps.map((view) => ({ ...view, step: withFix(view.step) })) } : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT" || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Earlier versions wrote sentences. */
const hasMessages = ({ steps, hypervisor, accelerator }: SetupState): boolean =>
  [
    ...steps.flatMap(({ step }) => (step.state === "done" ? [step.outcome] : step.state === "failed" ? [step.reasons] : [])),
    hypervisor?.reasons ?? [],
    accelerator?.reasons ?? [],
  ].every(Array.isArray);

type FailedStep = Extract<SetupStepState, { readonly state: "failed" }>;

/** Earlier versions wrote a command in place of the fix. */
function withFix(step: SetupStepState): SetupStepState {
  if (step.state !== "failed") return step;
  const { mend, ...rest }: FailedStep & { readonly mend?: string } = step;
  return mend === undefined ? step : { ...rest, fix: message("run-command", { command: mend }) };
}

export interface SetupStateFile {
  readonly state: () => SetupState;
  readonly setStep: (id: SetupStepId, step: SetupStepState) => void;
  readonly addLine: (id: SetupStepId, line: string) => void;
  readonly addNote: (id: SetupStepId, note: Message) => void;
  readonly setAccelerator: (verdict: AcceleratorVerdict) => void;
  /** Writes at once what is still held back. */
  readonly flush: () => void;
}

/** Starts a new state in which every step waits. */
export function openSetupState(home: string, steps: readonly Step[], hypervisor: HypervisorChoice, now: () => number): SetupStateFile {
  mkdirSync(setupFolder(home), { recursive: true, mode: 0o755 });
  const waiting = (s: Step): SetupStepView => ({ id: s.id, step: { state: "waiting" }, estimateSeconds: s.estimateSeconds, tail: [] });
  let state: SetupState = { updatedAt: now(), steps: steps.map(waiting), hypervisor, accelerator: null };
  let held: NodeJS.Timeout | null = null;
  const flush = (): void => {
    if (held !== null) clearTimeout(held);
    held = null;
    replaceFile(setupStateFile(home), JSON.stringify(state));
  };
  const change = (next: Partial<SetupState>): void => {
    state = { ...state, ...next, updatedAt: now() };
  };
  const changeStep = (id: SetupStepId, next: (view: SetupStepView) => SetupStepView): void =>
    change({ steps: state.steps.map((s) => (s.id === id ? next(s) : s)) });
  flush();
  return {
    state: () => state,
    flush,
    setStep: (id, step) => {
      changeStep(id, (view) => ({ ...view, step }));
      flush();
    },
    setAccelerator: (accelerator) => {
      change({ accelerator });
      flush();
    },
    addLine: (id, text) => {
      const line = plainLine(text);
      if (line === "") return;
      appendFileSync(join(setupFolder(home), `${id}.log`), `${line}\n`);
      changeStep(id, (view) => ({ ...view, tail: [...view.tail, line.slice(0, lineLength)].slice(-tailLines) }));
      held ??= setTimeout(flush, writeEveryMs).unref();
    },
    addNote: (id, note) => {
      changeStep(id, (view) => ({ ...view, notes: [...(view.notes ?? []), note].slice(-tailLines) }));
      held ??= setTimeout(flush, writeEveryMs).unref();
    },
  };
}

/** Without colours and other control characters, and without passwords in addresses. */
export function plainLine(text: string): string {
  return text
    .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "")
    .replace(/^.*\r(?=.)/s, "")
    .replace(/\p{Cc}/gu, " ")
    .replace(/(\w+:\/\/[^\s/:@]*):[^\s/@]*@/g, "$1:***@")
    .trimEnd();
}

function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
