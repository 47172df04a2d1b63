/** What one step of set-up is. Steps live in `steps/`, one file each; the runner decides when they run. */
import type { Message, StoredMessage } from "#app/domain/message/message.ts";
import type { AcceleratorVerdict, HypervisorChoice, SetupStepId } from "#app/domain/setup.ts";
import type { Config } from "#app/foundation/config.server.ts";
import type { ReleaseFiles } from "#app/foundation/releases/release-files.ts";

export interface SetupContext {
  readonly config: Config;
  /** The work tree. */
  readonly repo: string;
  readonly hypervisor: HypervisorChoice;
  /** Root folder of the private libvirt. */
  readonly libvirtRoot: string;
  /** One for all steps: whether a host of released files answers is asked once. */
  readonly releases: ReleaseFiles;
  /** Also prepare what only tests need (the tiny guest). */
  readonly forTests: boolean;
}

/** Something that Berth itself has to say while the step runs. */
export type OnNote = (note: StoredMessage) => void;

export interface StepResult {
  readonly outcome: readonly Message[];
  readonly accelerator?: AcceleratorVerdict;
}

export type StepCheck =
  | ({ readonly ready: true } & StepResult)
  | { readonly ready: false; readonly missing: readonly Message[] /** Where it is another one than the step's. */; readonly fix?: Message };

export interface Step {
  readonly id: SetupStepId;
  readonly needs: readonly SetupStepId[];
  /** Seconds of a cold run on two cores. */
  readonly estimateSeconds: number;
  /** `first`: alone, before everything. `heavy`: one at a time, or two where memory allows. `light`: beside others. */
  readonly weight: "first" | "heavy" | "light";
  /** What a person can do when the step has failed; a command wherever there is one. */
  readonly fix: Message;
  /** Changes nothing; takes at most a few seconds. */
  readonly check: (c: SetupContext) => Promise<StepCheck>;
  /** What the doctor says, where that differs: something that is merely not running now is no defect. */
  readonly examine?: (c: SetupContext) => Promise<StepCheck>;
  /** Does it; may be started again after an interruption. Rejects with a sentence. */
  readonly run: (c: SetupContext, onLine: (line: string) => void, signal: AbortSignal, onNote: OnNote) => Promise<StepResult>;
}
