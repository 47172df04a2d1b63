/** A durable record of one thing a person asked for, from the request to exactly one end. */
import type { DriftWish } from "#app/domain/drift/wish.ts";
import type { Failure } from "./failure.ts";

export const operationKinds = ["preview", "update", "refresh", "destroy"] as const;
export type OperationKind = (typeof operationKinds)[number];
/** Those that may change something on the host. */
export const changingKinds: readonly OperationKind[] = operationKinds.filter((kind) => kind !== "preview");

export const operationStates = ["queued", "running", "succeeded", "failed", "cancelled", "interrupted"] as const;
export type OperationState = (typeof operationStates)[number];

export interface Operation {
  readonly id: string;
  readonly tenantId: string;
  readonly clusterId: string;
  readonly kind: OperationKind;
  readonly state: OperationState;
  /** Revision that is previewed or brought to life; for destroy the live one. */
  readonly specRevision: number;
  /** For preview: what the plan is for. */
  readonly planKind: "update" | "destroy";
  /** The approved plan that update and destroy execute; null for preview and refresh. */
  readonly planId: string | null;
  /** What a preview was asked to do about drift; null: nothing. */
  readonly drift: DriftWish | null;
  /** Person's id, and name as shown. */
  readonly requestedBy: string;
  readonly requestedByName: string;
  readonly requestedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly cancelRequestedAt: number | null;
  /** How often it was claimed: 1 for a run without interruption. */
  readonly attempt: number;
  readonly failure: Failure | null;
}

const next: Readonly<Record<OperationState, readonly OperationState[]>> = {
  queued: ["running", "cancelled"],
  running: ["succeeded", "failed", "cancelled", "interrupted"],
  interrupted: ["queued", "cancelled"],
  succeeded: [],
  failed: ["queued"],
  cancelled: ["queued"],
};

/** `queued` after an end means Resume: the same operation goes on, with a further attempt. */
export const canMove = (from: OperationState, to: OperationState): boolean => next[from].includes(to);

export const isOver = (state: OperationState): boolean => state === "succeeded" || state === "failed" || state === "cancelled";

/** A person's cancel holds, whatever became of the run meanwhile: nobody would follow it once the operation waits. */
export const endOf = <To extends OperationState>(o: Pick<Operation, "cancelRequestedAt">, to: To): To | "cancelled" =>
  to === "interrupted" && o.cancelRequestedAt !== null ? "cancelled" : to;

/** Whether a run of it may have left the cluster other than it was. */
export const mayHaveTouched = (o: Pick<Operation, "kind" | "attempt">): boolean => (o.kind === "update" || o.kind === "destroy") && o.attempt > 0;

/** A preview that was interrupted goes on; one that failed or was cancelled is simply made again. */
export const canResume = (o: Pick<Operation, "kind" | "state">): boolean =>
  o.state === "interrupted" || (o.kind !== "preview" && (o.state === "failed" || o.state === "cancelled"));

export const canCancel = (o: Pick<Operation, "state" | "cancelRequestedAt">): boolean =>
  (o.state === "queued" || o.state === "running" || o.state === "interrupted") && o.cancelRequestedAt === null;

/** What a list of operations can be narrowed to, as it stands in addresses. */
export const operationFilters = ["unfinished", ...operationStates] as const;
export type OperationFilterName = (typeof operationFilters)[number];

export const isOperationFilter = (text: unknown): text is OperationFilterName => operationFilters.some((name) => name === text);

export const statesOf = (filter: OperationFilterName): readonly OperationState[] => (filter === "unfinished" ? ["queued", "running", "interrupted"] : [filter]);
