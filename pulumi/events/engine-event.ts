/**
 * The shape of raw engine events, as far as Berth reads them. Everything else in them (inputs, outputs, configuration)
 * is not even parsed, and debug diagnostics, which carry every property in clear, are turned away first.
 */
import { z } from "zod";

const side = z.object({ custom: z.boolean().optional() }).nullish();

const metadataSchema = z.object({
  op: z.string(),
  urn: z.string(),
  type: z.string().optional(),
  old: side,
  new: side,
  diffs: z.array(z.string()).nullish(),
  detailedDiff: z.record(z.string(), z.unknown()).nullish(),
});

export type EventMetadata = z.infer<typeof metadataSchema>;

const eventSchema = z.object({
  diagnosticEvent: z
    .object({ urn: z.string().optional(), message: z.string(), severity: z.string(), ephemeral: z.boolean().optional() })
    .optional(),
  resourcePreEvent: z.object({ metadata: metadataSchema }).optional(),
  resOutputsEvent: z.object({ metadata: metadataSchema }).optional(),
  resOpFailedEvent: z.object({ metadata: metadataSchema }).optional(),
  summaryEvent: z
    .object({
      durationSeconds: z.number().catch(0),
      result: z.string().optional(),
    })
    .optional(),
  errorEvent: z.object({ error: z.string() }).optional(),
});

export type EngineEvent = z.infer<typeof eventSchema>;

/** Null for what Berth has no use for: debug diagnostics, unknown or malformed events. */
export function parseEngineEvent(raw: unknown): EngineEvent | null {
  if (isDebug(raw)) return null;
  const parsed = eventSchema.safeParse(raw);
  return parsed.success ? parsed.data : null;
}

function isDebug(raw: unknown): boolean {
  const diagnostic = (raw as { diagnosticEvent?: { severity?: unknown } } | null | undefined)?.diagnosticEvent;
  return diagnostic?.severity === "debug";
}
