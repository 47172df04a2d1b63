import type { Message } from "#app/domain/message/message.ts";
import type { ClusterSecrets, ClusterSpec } from "#app/domain/cluster/spec.ts";
import type { ConsolePlace, OperationEvent } from "#app/domain/operation/event.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import type { OperationKind, PlanKind } from "#app/domain/operation/kinds.ts";
import type { PlanRow, Repair } from "#app/domain/plan/plan.ts";

/** All that one run needs; sent to the child process over stdin, never by argument or environment (but the passphrase). */
export interface RunRequest {
  readonly operationId: string;
  readonly kind: OperationKind;
  readonly planKind: PlanKind;
  readonly spec: ClusterSpec;
  /** Other revisions whose resources may exist: the one that lives. */
  readonly known?: readonly ClusterSpec[];
  readonly secrets: ClusterSecrets;
  readonly passphrase: string;
  readonly machineHost: MachineHost;
  /** machine name → how far its serial console was read in earlier attempts; a machine that is not here was not read at all. */
  readonly consolePlaces?: Readonly<Record<string, ConsolePlace>>;
  /** Names of machines that earlier attempts ended for because they were off: an update switches them on first. */
  readonly stopped?: readonly string[];
  /** What preview and update do besides, to put drift right; absent: nothing. */
  readonly repair?: Repair;
}

/** An image as {@link MachineHost} names the usual one. */
export interface OtherImage {
  readonly contentHash: string;
  readonly folder: string;
  readonly pool: string;
}

/** Where machines go: resolved from configuration and set-up, the same for every run on this host. */
export interface MachineHost {
  readonly libvirtUri: string;
  readonly imageFolder: string;
  /** The image is not there yet: enough for a preview, for nothing else. */
  readonly imagePlanned?: true;
  readonly imagePool: string;
  /** Images of machines that were made from another one than the control plane. Absent: there are none. */
  readonly otherImages?: readonly OtherImage[] | undefined;
  /** Folder for pools of stacks, one sub-folder per stack. */
  readonly poolRoot: string;
  /** Folder where serial consoles are written: `<libvirtName>-serial.log`. */
  readonly consoleFolder: string;
}

export type StackResult =
  | { readonly result: "succeeded"; readonly rows: readonly PlanRow[] }
  | { readonly result: "failed"; readonly failure: Failure }
  | { readonly result: "cancelled" }
  /** The child ended without a result. */
  | { readonly result: "crashed"; readonly reasons: readonly Message[] };

export interface StackEngine {
  /**
   * Runs one operation in a child process. `onEvents` gets scrubbed events in order and is awaited (back-pressure); an empty
   * batch only asks whether the run may continue.
   * Aborting `cancel` starts the cancel ladder; the promise still resolves with what really happened.
   */
  run(run: RunRequest, onEvents: (events: readonly OperationEvent[]) => Promise<void>, cancel: AbortSignal): Promise<StackResult>;
  /**
   * Recovers a stack that a run left behind: ends its processes, removes its lock (after proving that the holder is
   * gone) and what the host has and the state does not know, settles what was under way. `holds` is asked before every
   * step and rejects when the stack is somebody else's by now. Rejects with a sentence when it cannot be done now.
   */
  recover(run: RunRequest, holds?: () => Promise<void>): Promise<{ readonly notes: readonly Message[] }>;
  /** Deletes the stack's state files after a destroy. */
  forget(tenantId: string, stackName: string): Promise<readonly string[]>;
}

export interface StateSize {
  /** Of the state, its copies and its history together. */
  readonly bytes: number;
  /** Earlier states that are kept. */
  readonly checkpoints: number;
}

/** How much the state of a stack takes up. Asks no engine: reads files only. */
export interface StateSizes {
  /** Zero for a stack that has none. */
  size(tenantId: string, stackName: string): Promise<StateSize>;
}

/** What stacks' states say of the host. Asks no engine: reads files only. */
export interface StackRecords {
  /**
   * `<kind> <name>` of every machine, network, pool and (`volume <pool>/<name>`) disk that the state has. Rejects when it cannot be
   * read.
   */
  owned(tenantId: string, stackName: string): Promise<ReadonlySet<string>>;
}

/** The engine's eyes without its hands. */
export interface StackProgress {
  /**
   * Compares the stack's state with the host, without writing anything: one row per resource, `same` where nothing
   * differs. It holds no lease; aborting `stop` ends it. Rejects with a sentence.
   */
  findDrift(run: RunRequest, stop: AbortSignal): Promise<readonly PlanRow[]>;
}

export const engineDefaults = {
  /** MiB that the processes of one run may hold together. */
  memoryMiB: 1_024,
  /** Earlier states that are kept of a stack. */
  keptStates: 5,
} as const;
