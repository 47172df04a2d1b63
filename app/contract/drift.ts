/** Drift of one cluster by the last check. */
import { z } from "zod";
import { type DriftRecord, driftKinds } from "#app/domain/drift/drift.ts";
import { cluster } from "./clusters.ts";
import { maybeTime, message, time, givenAs } from "./shapes.ts";

const row = z.object({
  id: z.string(),
  kind: z.enum(driftKinds),
  subject: z.string(),
  machine: z.string().nullable(),
  expected: z.string(),
  found: z.string(),
  impact: z.enum(["none", "restart", "replace"]),
  repair: z.enum(["plan", "none"]),
  adopt: z.boolean(),
  since: time,
  ignored: z.object({ until: time, by: z.string() }).nullable(),
  open: z.boolean().describe("False while it is ignored"),
});

const source = z.enum(["seen", "silent", "absent"]);

const trouble = givenAs<NonNullable<DriftRecord["trouble"]>>()(
  z.object({ at: time, message: z.string().describe("The reasons as one English text"), reasons: z.array(message) }),
);

export const driftView = z.object({
  cluster,
  at: maybeTime.describe("Of the last check that was completed; null before the first"),
  revision: z.number().describe("The live revision that it was compared with"),
  sources: z.object({ host: source, engine: source, nodes: source }),
  trouble: trouble.nullable().describe("Why the newest check was not completed"),
  looking: z.boolean().describe("A check is asked for or under way"),
  stale: z.boolean().describe("The cluster was changed since the last check"),
  nextAt: maybeTime.describe("When the schedule checks again; null: only when asked"),
  everyMinutes: z.number(),
  rows: z.array(row),
  may: z.object({ look: z.boolean(), repair: z.boolean(), adopt: z.boolean(), ignore: z.boolean() }),
});
