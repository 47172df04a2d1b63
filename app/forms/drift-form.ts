/** What a person decides about rows of drift, as the page's buttons send it. */
import { z } from "zod";
import { wordField } from "./text-fields.ts";

export const driftDecision = z.object({
  intent: z.enum(["look", "repair", "adopt", "ignore"]),
  ids: z.array(wordField("rowId")).max(500),
  /** Of ignoring; 0 shows the row again. */
  days: z.coerce.number().int().min(0).max(365).default(7),
});
