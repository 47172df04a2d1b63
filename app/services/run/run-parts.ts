/** What the steps of running an operation share: the ports they act on, the run they are about, and how they refuse. */
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import type { HostId } from "#app/domain/host/libvirt-host.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import { type Message, MessageError } from "#app/domain/message/message.ts";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import type { Wake } from "#app/domain/drift/repair.ts";
import type { Plan, PlanRepair } from "#app/domain/plan/plan.ts";
import type { ClusterNodes } from "#app/ports/cluster-nodes.ts";
import type { ClusterStore } from "#app/ports/cluster-store.ts";
import type { DriftStore } from "#app/ports/drift-store.ts";
import type { HostChecks, HostInspections, Hypervisors } from "#app/ports/hosts/by-host.ts";
import type { HostStore } from "#app/ports/hosts/host-store.ts";
import type { Journal } from "#app/ports/journal.ts";
import type { Claim, OperationStore } from "#app/ports/operation-store.ts";
import type { KeyMaker } from "#app/ports/key-maker.ts";
import type { SecretStore } from "#app/ports/secret-store.ts";
import type { MachineHost, StackEngine, RunRequest } from "#app/ports/stack-engine.ts";

export interface RunPorts {
  /** What a run needs to put drift right; absent where runs are not about it. */
  readonly drift?: DriftStore;
  readonly hostInspections?: HostInspections;
  readonly nodes?: ClusterNodes;
  /** Signs the certificate by which Berth itself enters a cluster's API; absent where runs never do. */
  readonly keyMaker?: Pick<KeyMaker, "clientCertificate">;
  /** Absent where there is no host to check. */
  readonly hostChecks?: HostChecks;
  readonly operations: OperationStore;
  readonly journal: Journal;
  readonly clusters: ClusterStore;
  readonly secrets: SecretStore;
  readonly hosts: HostStore;
  readonly hypervisors: Hypervisors;
  readonly engine: StackEngine;
  /**
   * Where machines of this spec go; null while its image is not ready. A teardown needs none: it asks `without-image`, and gets an
   * answer.
   */
  readonly machineHost: (spec: ClusterSpec, need?: "image" | "without-image") => Promise<MachineHost | null>;
  /** Whether a file or folder exists on the libvirt host. */
  readonly exists: (hostId: HostId, path: string) => Promise<boolean>;
  readonly now: () => number;
  readonly newId: () => string;
}

export interface RunRepair {
  readonly plan: PlanRepair;
  readonly wakes: readonly Wake[];
}

/** Why a running operation is stopped: a person asked, this worker ends, or the lease went to another holder. */
export type StopReason = "cancel" | "drain" | "lost";

/** Everything about one claimed operation that its steps share. */
export interface Run {
  readonly ports: RunPorts;
  readonly operation: Operation;
  readonly claim: Claim;
  readonly cluster: Cluster;
  readonly order: RunRequest;
  /** The approved plan; null for kinds that need none. */
  readonly plan: Plan | null;
  /** The drift that it puts right; null: it is not about drift. */
  readonly repair: RunRepair | null;
  readonly journal: (...events: readonly OperationEvent[]) => Promise<void>;
}

/** Thrown by a check: the operation cannot run, and this is why. */
export class Refused extends MessageError {
  override readonly name = "Refused";
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.reasons);
    this.failure = failure;
  }
}

export const refused = (cause: Failure["cause"], reasons: readonly Message[], next: Failure["next"]): Refused =>
  new Refused({ step: null, machine: null, phase: null, cause, reasons, lastOutput: [], next });

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
