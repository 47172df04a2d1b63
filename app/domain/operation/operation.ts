/** A durable record of one thing a person asked for, from the request to exactly one end. */
import type { DriftRequest } from "#app/domain/drift/drift-request.ts";
import type { Failure } from "./failure.ts";
import { kindOf, type OperationKind, type PlanKind } from "./kinds.ts";

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
  /** Of a preview: the kind whose plan it makes; of every other kind: its own. */
  readonly planKind: PlanKind;
  /** The approved plan that it executes; null for kinds that need none. */
  readonly planId: string | null;
  /** What a preview was asked to do about drift; null: nothing. */
  readonly drift: DriftRequest | null;
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

/** `queued` after an end means Resume: the same operation continues, with a further attempt. */
export const canMove = (from: OperationState, to: OperationState): boolean => next[from].includes(to);

/** A store was asked to bring an operation into a state that cannot follow the one it is in. */
export class TransitionRefused extends Error {
  override readonly name = "TransitionRefused";
}

/** Every store asks before it writes a state. Throws {@link TransitionRefused}. */
export function assertMove({ id, state }: Pick<Operation, "id" | "state">, to: OperationState): void {
  if (!canMove(state, to)) throw new TransitionRefused(`operation ${id} is ${state} and cannot become ${to}`);
}

export const isOver = (state: OperationState): boolean => state === "succeeded" || state === "failed" || state === "cancelled";

/** A person's cancel holds, whatever became of the run meanwhile: nobody would follow it once the operation waits. */
export const endOf = <To extends OperationState>(o: Pick<Operation, "cancelRequestedAt">, to: To): To | "cancelled" =>
  to === "interrupted" && o.cancelRequestedAt !== null ? "cancelled" : to;

/** Whether a run of it may have left the cluster other than it was. */
export const mayHaveTouched = (o: Pick<Operation, "kind" | "attempt">): boolean => kindOf(o).changesHost && o.attempt > 0;

export const canResume = (o: Pick<Operation, "kind" | "state">): boolean =>
  o.state === "interrupted" || (kindOf(o).resumesAfterEnd && (o.state === "failed" || o.state === "cancelled"));

export const canCancel = (o: Pick<Operation, "state" | "cancelRequestedAt">): boolean =>
  (o.state === "queued" || o.state === "running" || o.state === "interrupted") && o.cancelRequestedAt === null;

/** What a list of operations can be narrowed to, as it stands in addresses. */
export const operationFilters = ["unfinished", ...operationStates] as const;
export type OperationFilterName = (typeof operationFilters)[number];

export const isOperationFilter = (text: unknown): text is OperationFilterName => operationFilters.some((name) => name === text);

export const statesOf = (filter: OperationFilterName): readonly OperationState[] =>
  filter === "unfinished" ? ["queued", "running", "interrupted"] : [filter];
