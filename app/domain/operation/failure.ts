/** Why an operation did not succeed, in the shape the failure card shows: where, what was last seen, cause, next step. */
import type { Message } from "#app/domain/message/message.ts";
import type { Phase } from "./event.ts";

export const failureCauses = [
  "ssh-unreachable",
  "host-key-mismatch",
  "boot-timeout",
  "command-failed",
  "kubeadm-init",
  "kubeadm-join",
  "not-ready-in-time",
  "libvirt-unreachable",
  "out-of-memory",
  "out-of-disk",
  "out-of-files",
  "name-taken",
  "subnet-in-use",
  "port-taken",
  "dns-port-taken",
  "disruption-budget",
  "file-access-denied",
  "firewall-rules",
  "traffic-not-forwarded",
  "confinement-incomplete",
  "stale-plan",
  "engine-crashed",
  "engine-hung",
  "phase-budget",
  "machine-stopped",
  "first-boot",
  "engine-missing",
  "state-locked",
  "state-torn",
  "unknown",
] as const;
export type FailureCause = (typeof failureCauses)[number];

export type NextAction =
  | "resume"
  | "preview-again"
  | "destroy"
  | "wait-for-setup"
  | "check-libvirt"
  | "free-room"
  | "ask-operator"
  | "relax-budget";

export interface Failure {
  /** Resource name of the step that failed, or null when no step had begun. */
  readonly step: string | null;
  readonly machine: string | null;
  readonly phase: Phase | null;
  readonly cause: FailureCause;
  /** What Berth knows about it, and what the part that failed reported, scrubbed. */
  readonly reasons: readonly Message[];
  /** Last lines of that step's or machine's output, oldest first, at most 20. */
  readonly lastOutput: readonly string[];
  readonly next: NextAction;
}
