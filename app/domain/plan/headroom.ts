/**
 * Whether the libvirt host can carry what is asked of it, with the numbers behind the answer. The form, the plan, the
 * approval and the start of an update all ask here, so that they cannot disagree.
 */
import type { Headroom, Refusal } from "./plan.ts";

/** An amount of what a libvirt host has to give. */
export interface Capacity {
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly diskGiB: number;
}

export const noCapacity: Capacity = { vcpus: 0, memoryMiB: 0, diskGiB: 0 };

const each = (a: Capacity, b: Capacity, combine: (x: number, y: number) => number): Capacity => ({
  vcpus: combine(a.vcpus, b.vcpus),
  memoryMiB: combine(a.memoryMiB, b.memoryMiB),
  diskGiB: combine(a.diskGiB, b.diskGiB),
});

export const plus = (a: Capacity, b: Capacity): Capacity => each(a, b, (x, y) => x + y);
export const minus = (a: Capacity, b: Capacity): Capacity => each(a, b, (x, y) => x - y);
/** The larger of each. */
export const largest = (a: Capacity, b: Capacity): Capacity => each(a, b, Math.max);

export interface CapacityQuestion {
  /** What all clusters together may have, see {@link hostLimits}. */
  readonly limit: Capacity;
  /** What clusters have reserved, this one included. */
  readonly reserved: Capacity;
  /** What this cluster has reserved now, and would have afterwards. */
  readonly now: Capacity;
  readonly after: Capacity;
}

/** A virtual CPU is a share of time, so a processor may be promised several times; memory and disk may not. */
export const vcpusPerCpu = 4;

/** What clusters can be given, out of what the host has. `memoryReserveMiB` is kept back for the host itself. */
export const hostLimits = (host: Capacity, memoryReserveMiB: number): Capacity => ({
  vcpus: host.vcpus * vcpusPerCpu,
  memoryMiB: Math.max(0, host.memoryMiB - memoryReserveMiB),
  diskGiB: host.diskGiB,
});

export interface CapacityAnswer {
  readonly headroom: readonly Headroom[];
  readonly refusals: readonly Refusal[];
}

/** Amounts before and after, and a refusal for each that grows past its limit. Shrinking is never refused. */
export function judgeCapacity(q: CapacityQuestion): CapacityAnswer {
  const row = (what: Headroom["what"], unit: Headroom["unit"], key: keyof Capacity): Headroom => ({
    what,
    unit,
    before: q.reserved[key],
    after: q.reserved[key] - q.now[key] + q.after[key],
    limit: q.limit[key],
  });
  const headroom = [row("memory", "MiB", "memoryMiB"), row("vcpus", "vCPU", "vcpus"), row("disk", "GiB", "diskGiB")];
  return { headroom, refusals: headroom.flatMap(refusalOf) };
}

function refusalOf({ what, unit, before, after, limit }: Headroom): readonly Refusal[] {
  if (after <= limit || after <= before) return [];
  return [{ code: what, needed: after - before, available: Math.max(0, limit - before), unit }];
}
