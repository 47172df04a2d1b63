/**
 * What a run had deleted to replace it, and was cut off before the new one was there. The engine keeps such a resource as
 * pending replacement, does not look at it in a refresh, and deletes it once more when something that it stands on is
 * replaced; libvirt's provider fails at what is not there. Marked as retained it is forgotten without being asked for.
 */
import { z } from "zod";
import { writeDurably } from "./mend-state.ts";
import { readIfThere, type StackFiles } from "./stack-files.ts";

const checkpointSchema = z.looseObject({
  checkpoint: z.looseObject({
    latest: z.looseObject({
      resources: z.array(z.looseObject({ type: z.string(), pendingReplacement: z.boolean().optional(), retainOnDelete: z.boolean().optional() })),
    }),
  }),
});

/** Only for the holder of the stack, while nothing runs. A state of another shape is left alone. */
export async function letGoOfReplaced(files: StackFiles): Promise<void> {
  const text = await readIfThere(files.checkpoint);
  const read = checkpointSchema.safeParse(text === null ? null : JSON.parse(text));
  if (!read.success) return;
  const deleted = read.data.checkpoint.latest.resources.filter((r) => r.pendingReplacement === true && r.type.startsWith("libvirt:"));
  if (deleted.every((r) => r.retainOnDelete === true)) return;
  for (const r of deleted) r.retainOnDelete = true;
  await writeDurably(files.checkpoint, JSON.stringify(read.data));
}
