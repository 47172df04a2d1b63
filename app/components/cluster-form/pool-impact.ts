/** What a pool as typed so far does to the nodes that it has: from the class of each field that is another than before. */
import { type ChangeClass, changeClasses } from "#app/domain/cluster/change-classes.ts";
import { isFault, labelLines, readLabels, readTaints, taintLines } from "#app/domain/node-pool/node-settings.ts";
import { within, limits, type MachineSize } from "#app/domain/cluster/sizes.ts";
import { goingNodes } from "#app/domain/drift/removal-order.ts";
import { type PoolForm, poolSize, type SizeChoice, sizeChoices } from "#app/forms/pool-fields.ts";
import { type PoolDraft, textsIn } from "./draft.ts";
import type { CurrentPool } from "./current-cluster.ts";

export interface PoolImpact {
  /** Machines that are made. */
  readonly added: number;
  readonly removed: readonly string[];
  /** Nodes that stay and restart. */
  readonly restarted: readonly string[];
  /** Labels or taints change while the nodes run. */
  readonly settings: boolean;
  /** The new disk size would be for nobody. */
  readonly diskUnused: boolean;
}

export const wholeNumber = (text: string | undefined): number | null =>
  text !== undefined && /^\d{1,7}$/.test(text.trim()) ? Number(text) : null;
export const sizeChoice = (text: string | undefined): SizeChoice | null => sizeChoices.find((choice) => choice === text) ?? null;

/** Null while a number of it cannot be read. */
export function poolNumbers(pool: PoolDraft): (MachineSize & { readonly count: number; readonly diskGiB: number }) | null {
  const [count, diskGiB, size] = [wholeNumber(pool.count), wholeNumber(pool.diskGiB), sizeChoice(pool.size)];
  const numbers: Pick<PoolForm, "vcpus" | "memoryMiB"> = { vcpus: wholeNumber(pool.vcpus), memoryMiB: wholeNumber(pool.memoryMiB) };
  if (count === null || diskGiB === null || size === null || !within(count, limits.workers)) return null;
  // A custom size without its numbers has no sum yet.
  if (size === "custom" && (numbers.vcpus === null || numbers.memoryMiB === null)) return null;
  return { count, diskGiB, ...poolSize({ size, ...numbers }) };
}

/** The nodes that go at this count, the named ones first. */
export const goingFrom = ({ candidates, nodes }: CurrentPool, count: number, pool: PoolDraft): readonly string[] =>
  goingNodes({ candidates, newest: nodes, count, named: textsIn(pool.remove) });

/** `standing`: undefined for a pool that is new. Null while it cannot be told. */
export function poolImpact(pool: PoolDraft, standing: CurrentPool | undefined): PoolImpact | null {
  const numbers = poolNumbers(pool);
  if (numbers === null) return null;
  if (standing === undefined) return { added: numbers.count, removed: [], restarted: [], settings: false, diskUnused: false };
  const removed = goingFrom(standing, numbers.count, pool);
  const stay = standing.candidates.map(({ name }) => name).filter((name) => !removed.includes(name));
  const added = numbers.count - stay.length;
  const classes = changedClasses(pool, numbers, standing);
  return {
    added,
    removed,
    restarted: classes.has("restart") ? stay.toSorted() : [],
    settings: classes.has("live") && stay.length > 0,
    diskUnused: classes.has("added") && added === 0,
  };
}

function changedClasses(
  pool: PoolDraft,
  numbers: MachineSize & { readonly diskGiB: number },
  standing: CurrentPool,
): ReadonlySet<ChangeClass> {
  const asked = { ...numbers, labels: labelsOf(pool, standing), taints: taintsOf(pool, standing) };
  const fields = ["vcpus", "memoryMiB", "diskGiB", "labels", "taints"] as const;
  return new Set(fields.filter((field) => asked[field] !== standing[field]).map((field) => changeClasses.pool[field]));
}

/** Text that cannot be read yet says nothing. */
function labelsOf({ labels = "" }: PoolDraft, standing: CurrentPool): string {
  const read = readLabels(labels);
  return isFault(read) ? standing.labels : labelLines(Object.fromEntries(read));
}

function taintsOf({ taints = "" }: PoolDraft, standing: CurrentPool): string {
  const read = readTaints(taints);
  return isFault(read) ? standing.taints : taintLines(read);
}
