import type { ClusterSecrets, ClusterSpec } from "#app/domain/cluster/spec.ts";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import type { OperationKind } from "#app/domain/operation/operation.ts";
import type { PlanRow } from "#app/domain/plan/plan.ts";

/** All that one run needs; sent to the child process over stdin, never by argument or environment (but the passphrase). */
export interface StackRun {
  readonly operationId: string;
  readonly kind: OperationKind;
  readonly planKind: "update" | "destroy";
  readonly spec: ClusterSpec;
  readonly secrets: ClusterSecrets;
  readonly passphrase: string;
  readonly machineHost: MachineHost;
}

/** Where machines go: resolved from configuration and set-up, the same for every run on this host. */
export interface MachineHost {
  readonly libvirtUri: string;
  readonly imageFolder: string;
  readonly imagePool: string;
  /** Folder for pools of stacks, one sub-folder per stack. */
  readonly poolRoot: string;
  /** Folder where serial consoles are written: `<libvirtName>-serial.log`. */
  readonly consoleFolder: string;
}

export type StackResult =
  | { readonly result: "succeeded"; readonly rows: readonly PlanRow[]; readonly kubeconfig: string | null }
  | { readonly result: "failed"; readonly failure: Failure }
  | { readonly result: "cancelled" }
  /** The child ended without a result. */
  | { readonly result: "crashed"; readonly reason: string };

export interface StackEngine {
  /**
   * Runs one operation in a child process. `onEvents` gets scrubbed events in order and is awaited (back-pressure).
   * Aborting `cancel` starts the cancel ladder; the promise still resolves with what really happened.
   */
  run(run: StackRun, onEvents: (events: readonly OperationEvent[]) => Promise<void>, cancel: AbortSignal): Promise<StackResult>;
  /** Removes what a dead child left: our own stale lock only, after proving that its holder is gone; pending creates. */
  recover(run: StackRun): Promise<{ readonly brokeLock: boolean; readonly notes: readonly string[] }>;
  /** Deletes the stack's state files after a destroy. */
  forget(tenantId: string, stackName: string): Promise<readonly string[]>;
}
