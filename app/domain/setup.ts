/**
 * What set-up is made of, as the Setup page, the terminal and `berth doctor` show it. The launcher writes one
 * {@link SetupState} file; everything else only reads it.
 */
import type { Message } from "./message/message.ts";

export const setupStepIds = ["packages", "portal", "hypervisor", "accelerator", "engine", "image"] as const;
export type SetupStepId = (typeof setupStepIds)[number];

export type SetupStepState =
  | { readonly state: "waiting" }
  | { readonly state: "running"; readonly startedAt: number }
  | { readonly state: "done"; readonly startedAt: number; readonly endedAt: number; readonly outcome: readonly Message[] }
  | {
      readonly state: "failed";
      readonly startedAt: number;
      readonly endedAt: number;
      readonly reasons: readonly Message[];
      readonly fix: Message;
    };

export interface SetupStepView {
  readonly id: SetupStepId;
  readonly step: SetupStepState;
  /** Seconds a cold run takes on two cores; a person reads it as "about". */
  readonly estimateSeconds: number;
  /** The last lines of output, newest last, scrubbed and bounded. */
  readonly tail: readonly string[];
  /** What Berth itself said meanwhile: what was taken as a released file, what was compiled and why. Left out: nothing. */
  readonly notes?: readonly Message[] | undefined;
}

export interface SetupState {
  readonly updatedAt: number;
  readonly steps: readonly SetupStepView[];
  readonly hypervisor: HypervisorChoice | null;
  readonly accelerator: AcceleratorVerdict | null;
}

/** `system`: the machine's own libvirt. `private`: libvirt of Berth's own, in its own network and mount namespaces. */
export interface HypervisorChoice {
  readonly mode: "system" | "private";
  readonly uri: string;
  readonly reasons: readonly Message[];
}

/** How machines run. `reasons` say why. */
export interface AcceleratorVerdict {
  readonly accelerator: "kvm" | "tcg";
  readonly reasons: readonly Message[];
  readonly chosenBy: "probe" | "setting";
}

/** What a person may do now: a preview needs the engine and to know how machines run, a create the image too. */
export interface Readiness {
  readonly preview: boolean;
  readonly create: boolean;
  readonly waitingFor: readonly SetupStepId[];
  /** Of these, what failed: nothing continues before an operator has fixed it. */
  readonly failed: readonly SetupStepId[];
}

export function readinessOf(state: SetupState): Readiness {
  const open = state.steps.filter((s) => s.step.state !== "done").map((s) => s.id);
  const missing = (ids: readonly SetupStepId[]) => ids.some((id) => open.includes(id));
  return {
    preview: !missing(["engine", "hypervisor", "accelerator"]),
    create: !missing(["engine", "hypervisor", "accelerator", "image"]),
    waitingFor: open,
    failed: state.steps.filter((s) => s.step.state === "failed").map((s) => s.id),
  };
}
