/** What a preview found: rows grouped by phase, what they do to nodes, and whether the host and the quota allow it. */
import type { StepKind } from "#app/domain/cluster/steps.ts";
import type { Message, ObstacleCode } from "#app/domain/message/message.ts";
import type { Phase } from "#app/domain/operation/event.ts";
import type { PlanKind } from "#app/domain/operation/kinds.ts";

export type Change = "create" | "update" | "replace" | "delete" | "same";
export type NodeImpact = "none" | "restart" | "replace";

export interface PlanRow {
  readonly urn: string;
  /** Resource name as the program gave it, e.g. `w1-join`. */
  readonly name: string;
  /** What it is; null for resources of other programs. */
  readonly step: StepKind | null;
  /** Pulumi type token. */
  readonly type: string;
  readonly phase: Phase;
  readonly change: Change;
  readonly impact: NodeImpact;
  /** Name of the machine this row is about, if any. */
  readonly machine: string | null;
  /** Name of the machine where its script runs, if any. */
  readonly on: string | null;
  /** Id of the add-on that this row is about, if any. */
  readonly addOn?: string | undefined;
  /** Property paths that differ, without values. */
  readonly changed: readonly string[];
}

export interface Headroom {
  readonly what: "memory" | "vcpus" | "disk";
  readonly unit: "MiB" | "vCPU" | "GiB";
  readonly before: number;
  readonly after: number;
  readonly limit: number;
}

/** Something that there is not enough of. */
export interface Shortage {
  readonly code: "memory" | "vcpus" | "disk" | "addresses";
  readonly needed: number;
  readonly available: number;
  readonly unit: string;
}

/** Something on the libvirt host that is in the way. */
export type Obstacle = Message<ObstacleCode>;

export type Refusal = Shortage | Obstacle;

export const isObstacle = (refusal: Refusal): refusal is Obstacle => "params" in refusal;

export interface Plan {
  readonly id: string;
  readonly tenantId: string;
  readonly clusterId: string;
  /** The preview operation that made it. */
  readonly operationId: string;
  readonly kind: PlanKind;
  readonly number: number;
  readonly fromRevision: number;
  readonly specRevision: number;
  /** Serial of the stack state it was computed against (0: no state yet). */
  readonly stateSerial: number;
  /** Binds spec revision, state serial and rows; an update carries it back. */
  readonly hash: string;
  readonly rows: readonly PlanRow[];
  readonly headroom: readonly Headroom[];
  readonly refusals: readonly Refusal[];
  readonly createdAt: number;
  /** The drift that it puts right, and how; absent: it was made without looking for any. */
  readonly repair?: PlanRepair | undefined;
}

/** A plan without its rows: for lists, which would otherwise read megabytes. */
export type PlanHead = Pick<
  Plan,
  "id" | "clusterId" | "operationId" | "kind" | "number" | "fromRevision" | "specRevision" | "stateSerial" | "createdAt"
>;

/** What a plan must do besides bringing the spec to life, so that drift is put right. */
export interface Repair {
  /** Read the host first: what is off or gone there is off or gone in the plan, too. */
  readonly refresh: boolean;
  /** Names of resources that are made again although nothing about them changed. */
  readonly again: readonly string[];
}

export interface PlanRepair extends Repair {
  /** What was found, as `repairMarks` says it: an update compares before it begins. */
  readonly marks: readonly string[];
}
