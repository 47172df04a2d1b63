/** Decides what to do about runs whose worker went silent. Looking and acting are done elsewhere, plainly. */

export interface SilentRun {
  readonly operationId: string;
  /** Epoch milliseconds. */
  readonly leaseUntil: number;
  /** Whether a process of this run still lives: proven by pid and start time, or not to be known from here. */
  readonly engine: "alive" | "dead" | "elsewhere";
  /** Whether libvirt answers: without it nothing can be told about machines. */
  readonly libvirt: "answers" | "silent";
}

export type RecoveryStep =
  /** Its worker may still come back. */
  | { readonly operationId: string; readonly do: "wait" }
  /** Its engine outlived its worker: it is told to end first, and looked at again. */
  | { readonly operationId: string; readonly do: "end-engine" }
  /** Clean up after it (own stale lock, orphans, pending creates), then mark it interrupted. */
  | { readonly operationId: string; readonly do: "recover" }
  /** Only mark it interrupted and say why; a resume cleans up when it can. */
  | { readonly operationId: string; readonly do: "interrupt"; readonly reason: string };

/** After the end of its lease a worker on another machine gets this long before its run is taken from it. */
export const graceMs = 30_000;

export const planRecovery = (rows: readonly SilentRun[], now: number): readonly RecoveryStep[] => rows.map((row) => stepFor(row, now));

function stepFor({ operationId, leaseUntil, engine, libvirt }: SilentRun, now: number): RecoveryStep {
  if (leaseUntil > now) return { operationId, do: "wait" };
  switch (engine) {
    case "alive":
      return { operationId, do: "end-engine" };
    case "elsewhere":
      return leaseUntil + graceMs > now
        ? { operationId, do: "wait" }
        : { operationId, do: "interrupt", reason: "its worker on another machine stopped answering" };
    case "dead":
      return libvirt === "answers"
        ? { operationId, do: "recover" }
        : { operationId, do: "interrupt", reason: "its worker ended, and libvirt does not answer: clean-up waits for the resume" };
  }
}
