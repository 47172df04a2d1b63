/** Plans: what would happen, whether it fits, and whether it may be approved. */
import { z } from "zod";
import { changedThings } from "#app/domain/cluster/spec-changes.ts";
import { obstacleCodes, storedMessage } from "#app/domain/message/message.ts";
import type { Phase } from "#app/domain/operation/event.ts";
import type { Refusal, Shortage } from "#app/domain/plan/plan.ts";
import type { Moved } from "#app/domain/problem.ts";
import { cluster } from "./clusters.ts";
import { heldBy } from "./hosts.ts";
import { operation, planKind } from "./operations.ts";
import { storedWord, time, givenAs } from "./shapes.ts";

export const specChange = z.object({
  about: z.enum(changedThings),
  name: z.string().describe("Of the thing; empty for the cluster itself"),
  field: z.string().describe("E.g. `memoryMiB`"),
  before: z.string().nullable(),
  after: z.string().nullable(),
});

const text = z.string().describe("As an English text");

const refusal = givenAs<Refusal>()(
  z.union([
    z
      .object({ code: storedWord<Shortage["code"]>(), needed: z.number(), available: z.number(), unit: z.string(), message: text })
      .describe("There is not enough of something"),
    storedMessage.extend({ code: z.enum(obstacleCodes), message: text }).describe("Something on the libvirt host is in the way"),
  ]),
);
const refusals = z.array(refusal);

const planRow = z.object({
  urn: z.string(),
  name: z.string(),
  type: z.string(),
  phase: storedWord<Phase>(),
  change: z.enum(["create", "update", "replace", "delete", "same"]),
  impact: z.enum(["none", "restart", "replace"]),
  machine: z.string().nullable(),
  changed: z.array(z.string()).describe("Property paths, without values"),
});

const headroom = z.object({
  what: storedWord<"memory" | "vcpus" | "disk">(),
  unit: storedWord<"MiB" | "vCPU" | "GiB">(),
  before: z.number(),
  after: z.number(),
  limit: z.number(),
});

export const plan = z.object({
  id: z.string(),
  operationId: z.string().describe("The preview that made it"),
  kind: planKind,
  number: z.number(),
  fromRevision: z.number(),
  specRevision: z.number(),
  stateSerial: z.number(),
  hash: z.string().describe("Send it back with the approval"),
  rows: z.array(planRow),
  headroom: z.array(headroom),
  refusals,
  repair: z
    .object({ refresh: z.boolean(), again: z.array(z.string()), marks: z.array(z.string()) })
    .optional()
    .describe("The drift that it repairs, and how"),
  createdAt: time,
});

export const planView = z.object({
  plan,
  cluster,
  refusals: refusals.describe("Why it does not fit: as found when it was made, or now; empty when it was carried out"),
  heldBy: heldBy.nullable().describe("Who holds what is missing; null unless it is refused"),
  moved: z.array(storedWord<Moved>()).describe("What moved since it was made; empty: it is still valid"),
  specChanges: z.array(specChange),
  estimateSeconds: z
    .number()
    .nullable()
    .describe("Null when nothing like it has run yet, of a plan that changes nothing, and of one that was carried out"),
  losesData: z.array(z.string()).describe("Names of machines that it replaces or removes: their local data is lost"),
  nameNeeded: z.boolean().describe("Send the cluster's name as `typedName` with the approval"),
  mayApprove: z.boolean(),
  mayPreview: z.boolean().describe("A plan of the same kind may be asked for again"),
  operation: operation.nullable().describe("That executes or executed it"),
  discarded: z.boolean().describe("The draft that it is about was discarded: nothing was ever built"),
  mayEdit: z.boolean(),
});
