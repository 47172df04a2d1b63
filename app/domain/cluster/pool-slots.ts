/** Which slots among the addresses the workers of each pool take in the next revision. */
import { machineName } from "./names.ts";
import { slotOf } from "./new-machine.ts";
import { range } from "./range.ts";
import { type ClusterSpec, type MachineSpec, networkOf, type NodePoolSpec, poolsOf, workersOf } from "./spec.ts";
import type { PoolInput, Revision, SpecChange } from "./spec-input.ts";

/** A pool of the spec, from what a person asked for and the machines that are in it. */
export const poolSpec = (
  { name, vcpus, memoryMiB, diskGiB, labels, taints }: PoolInput,
  machines: readonly MachineSpec[],
): NodePoolSpec => ({
  ...{ name, vcpus, memoryMiB, diskGiB, labels, taints },
  nodes: machines.map((m) => m.name),
});

type Specs = Pick<Revision, "previous" | "live">;

/** Workers that exist or may exist, by their slot among the addresses. */
export function knownMachines({ previous, live }: Specs): ReadonlyMap<number, MachineSpec> {
  const { cidr } = networkOf(previous);
  const machines = [...workersOf(previous), ...(live === null ? [] : workersOf(live))];
  return new Map(machines.map((m) => [slotOf(cidr, m), m]));
}

const slotsToSearch = 200;

interface PoolSlots {
  readonly pool: PoolInput;
  readonly slots: readonly number[];
}

/** Slots of the workers of the next revision, pool by pool. */
export function nextPools({
  previous,
  live,
  change,
}: Specs & { readonly change: Pick<SpecChange, "pools" | "remove" | "removeFirst"> }): readonly PoolSlots[] {
  const { cidr } = networkOf(previous);
  const slotsIn = (spec: ClusterSpec | null, pool: string): readonly number[] => {
    const found = spec === null ? undefined : poolsOf(spec).find((p) => p.name === pool);
    return spec === null || found === undefined
      ? []
      : workersOf(spec)
          .filter((m) => found.nodes.includes(m.name))
          .map((m) => slotOf(cidr, m))
          .sort(ascending);
  };
  const workers = [previous, live].flatMap((spec) => (spec === null ? [] : workersOf(spec)));
  const slotsNamed = (names: readonly string[] = []): readonly number[] =>
    names.flatMap((name) => workers.filter((m) => m.name === name).map((m) => slotOf(cidr, m)));
  const [remove, removeFirst] = [slotsNamed(change.remove), slotsNamed(change.removeFirst)];
  const taken = new Set(workers.map((m) => slotOf(cidr, m)));
  return change.pools.map((pool) => {
    const before = slotsIn(previous, pool.name);
    const living = live === null ? before : slotsIn(live, pool.name);
    const slots = poolSlots({ before, living, remove, removeFirst, free: (n) => !taken.has(n) }, pool.count);
    for (const n of slots) taken.add(n);
    return { pool, slots };
  });
}

interface SlotChoice {
  /** Of the newest revision, and of the one that lives. */
  readonly before: readonly number[];
  readonly living: readonly number[];
  /** What a person named, and what is proposed. */
  readonly remove: readonly number[];
  readonly removeFirst: readonly number[];
  readonly free: (slot: number) => boolean;
}

function poolSlots({ before, living, remove, removeFirst, free }: SlotChoice, count: number): readonly number[] {
  // A revision that was written and not carried out has chosen already, unless a person chooses otherwise now.
  if (before.length === count && !remove.some((n) => before.includes(n))) return before;
  if (living.length > count) return without(living, living.length - count, [...remove, ...removeFirst]);
  const written = before.filter((n) => !living.includes(n));
  const added = range(1, slotsToSearch)
    .filter(free)
    .slice(0, Math.max(0, count - living.length - written.length));
  return [...living, ...[...written, ...added].slice(0, count - living.length)].sort(ascending);
}

function without(slots: readonly number[], count: number, first: readonly number[]): readonly number[] {
  const named = [...new Set(first)].filter((n) => slots.includes(n));
  const youngest = slots
    .filter((n) => !named.includes(n))
    .sort(ascending)
    .reverse();
  const removed = [...named, ...youngest].slice(0, count);
  return slots.filter((n) => !removed.includes(n));
}

const ascending = (a: number, b: number): number => a - b;

/** Names of machines that the change adds, for the key maker. */
export function addedBy({ previous, live, pools }: Specs & { readonly pools: readonly PoolInput[] }): readonly string[] {
  const known = knownMachines({ previous, live });
  return nextPools({ previous, live, change: { pools } }).flatMap(({ slots }) =>
    slots.filter((n) => !known.has(n)).map((n) => machineName("worker", n)),
  );
}
