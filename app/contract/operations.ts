/** Operations and their journals. */
import { z } from "zod";
import type { CancelRung, OperationEvent, Phase } from "#app/domain/operation/event.ts";
import type { Failure, FailureCause, NextAction } from "#app/domain/operation/failure.ts";
import { operationKinds, planKinds, purposes } from "#app/domain/operation/kinds.ts";
import { type OperationState, operationStates } from "#app/domain/operation/operation.ts";
import { queueReasons } from "#app/domain/operation/queue.ts";
import { blockers } from "#app/domain/operation/interruption-status.ts";
import { listPage, maybeTime, message, storedWord, time, givenAs } from "./shapes.ts";

export const planKind = z.enum(planKinds);

export const failure = givenAs<Failure>()(
  z.object({
    step: z.string().nullable(),
    machine: z.string().nullable(),
    phase: storedWord<Phase>().nullable(),
    cause: storedWord<FailureCause>().describe("Stable code of what went wrong"),
    message: z.string().describe("The reasons as one English text"),
    reasons: z.array(message),
    lastOutput: z.array(z.string()),
    next: storedWord<NextAction>(),
  }),
);

export const operation = z.object({
  id: z.string(),
  tenant: z.string().describe("Slug"),
  cluster: z.string().describe("Name"),
  kind: z.enum(operationKinds),
  planKind,
  purpose: z.enum(purposes).describe("What people call it: the first update of a cluster is `create`"),
  state: z.enum(operationStates),
  specRevision: z.number(),
  planNumber: z.number().nullable().describe("Of the plan that it executes, or that a preview made"),
  requestedBy: z.string(),
  requestedAt: time,
  startedAt: maybeTime,
  endedAt: maybeTime,
  cancelRequestedAt: maybeTime,
  attempt: z.number(),
  failure: failure.nullable(),
  estimateSeconds: z
    .number()
    .nullable()
    .describe("Median of earlier runs of the same kind and machine count; null: there are none, or it is over"),
  queue: z
    .object({ position: z.number().describe("1 is next"), reason: z.enum(queueReasons) })
    .nullable()
    .describe("Null unless it is queued"),
  turn: z.enum(blockers).nullable().describe("Who acts next while it is interrupted; berth: the portal resumes it within half a minute"),
  may: z.object({ cancel: z.boolean(), resume: z.boolean() }),
});

/** Event kinds with messages, as the API gives them. */
type MessageEvent =
  | { kind: "state"; to: OperationState; reason: string | null; reasons: z.output<typeof message>[]; by: string | null }
  | { kind: "notice"; level: "note" | "warning" | "error"; machine: string | null; message: string; code: string }
  | { kind: "failure"; failure: z.output<typeof failure> }
  | { kind: "cancel-rung"; rung: CancelRung; stays: string[]; staysMessages: z.output<typeof message>[] }
  | { kind: "recovery"; automatic: boolean; did: string[]; didMessages: z.output<typeof message>[] };

type ApiEvent = MessageEvent | Exclude<OperationEvent, { readonly kind: MessageEvent["kind"] }>;

/** Events are open: a reader meets kinds that it does not know and passes over them. */
const event = z.looseObject({ kind: z.string() }) as unknown as z.ZodType<ApiEvent, OperationEvent>;

export const entry = z.object({ operationId: z.string(), seq: z.number(), at: time, event });

export const operationWithEntries = operation.extend({
  entries: z.array(entry),
  cursor: z.number().describe("`seq` of the last of these entries; 0: there are none"),
  head: z.number().describe("Newest `seq` in the journal; larger than `cursor` when these entries are not all"),
  machines: z.array(z.string()).describe("Machine names of the revision that it is about, the control plane first"),
});

export const operationPage = z.object({ operations: z.array(operation), ...listPage.shape });

export const entries = z.object({ entries: z.array(entry), cursor: z.number(), over: z.boolean() });
