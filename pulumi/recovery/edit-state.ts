/**
 * Changes to a stack's state that the engine has no command for. The newest state file is replaced as a whole; only the
 * holder of the stack may do it, while nothing runs.
 */
import { z } from "zod";
import { writeDurably } from "./repair-state.ts";
import { readIfThere, type StackFiles } from "#pulumi/stack/stack-files.ts";

const resourceSchema = z.looseObject({
  urn: z.string(),
  type: z.string(),
  deletedWith: z.string().optional(),
  pendingReplacement: z.boolean().optional(),
  retainOnDelete: z.boolean().optional(),
});

const checkpointSchema = z.looseObject({
  checkpoint: z.looseObject({
    latest: z.looseObject({ resources: z.array(resourceSchema).nullish(), pending_operations: z.array(z.unknown()).nullish() }),
  }),
});

type Latest = z.infer<typeof checkpointSchema>["checkpoint"]["latest"];
type Resource = z.infer<typeof resourceSchema>;

/** `edit` changes what it is given and answers whether it did. A state of another shape is left alone. */
async function editState(files: StackFiles, edit: (latest: Latest, resources: Resource[]) => boolean): Promise<void> {
  const text = await readIfThere(files.checkpoint);
  const read = checkpointSchema.safeParse(text === null ? null : JSON.parse(text));
  if (!read.success) return;
  const { latest } = read.data.checkpoint;
  if (edit(latest, latest.resources ?? [])) await writeDurably(files.checkpoint, JSON.stringify(read.data));
}

/** Marks as retained, so that the engine takes it out of the state without asking its provider. True when one was not yet. */
function retain(resources: readonly Resource[]): boolean {
  const fresh = resources.filter((r) => r.retainOnDelete !== true);
  for (const r of fresh) r.retainOnDelete = true;
  return fresh.length > 0;
}

/**
 * What a run had deleted to replace it, and was cut off before the new one was there. The engine keeps such a resource as
 * pending replacement, does not look at it in a refresh, and deletes it once more when something that it stands on is
 * replaced; libvirt's provider fails at what is not there.
 */
export const retainPendingReplacements = (files: StackFiles): Promise<void> =>
  editState(files, (_, resources) => retain(resources.filter((r) => r.pendingReplacement === true && r.type.startsWith("libvirt:"))));

/**
 * For a teardown: resources that another hand removed from the host, and what is deleted with them (commands on machines
 * that are gone). Steps that were under way are forgotten as well: what they made was looked for on the host.
 */
export const letGoOfGone = (files: StackFiles, urns: readonly string[]): Promise<void> =>
  editState(files, (latest, resources) => {
    const hadPending = (latest.pending_operations ?? []).length > 0;
    if (hadPending) latest.pending_operations = [];
    return retain(withDependants(resources, new Set(urns))) || hadPending;
  });

function withDependants(resources: readonly Resource[], urns: ReadonlySet<string>): readonly Resource[] {
  const more = resources.filter((r) => !urns.has(r.urn) && r.deletedWith !== undefined && urns.has(r.deletedWith));
  return more.length === 0
    ? resources.filter((r) => urns.has(r.urn))
    : withDependants(resources, new Set([...urns, ...more.map((r) => r.urn)]));
}
