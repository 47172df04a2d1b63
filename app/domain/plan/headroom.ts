/** Whether the libvirt host can carry what is asked of it, with the numbers that say so. */
import type { Headroom, Refusal } from "./plan.ts";

export interface Room {
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly diskGiB: number;
}

export interface RoomQuestion {
  /** What the host has. */
  readonly host: Room;
  /** MiB of memory kept back for the host itself. */
  readonly memoryReserveMiB: number;
  /** What all clusters hold, this one's live machines included. */
  readonly committed: Room;
  /** What this cluster holds now, and would hold afterwards. */
  readonly now: Room;
  readonly after: Room;
}

/** A virtual CPU is a share of time, so a processor may be promised several times; memory and disk may not. */
export const vcpusPerCpu = 4;

/** What new machines can be given, out of what the host has. */
export const limitsOf = (host: Room, memoryReserveMiB: number): Room => ({
  vcpus: host.vcpus * vcpusPerCpu,
  memoryMiB: Math.max(0, host.memoryMiB - memoryReserveMiB),
  diskGiB: host.diskGiB,
});

/** Room before and after, and a refusal for each kind that grows past its limit. Shrinking is never refused. */
export function judgeRoom(q: RoomQuestion): { readonly headroom: readonly Headroom[]; readonly refusals: readonly Refusal[] } {
  const limit = limitsOf(q.host, q.memoryReserveMiB);
  const row = (what: Headroom["what"], unit: Headroom["unit"], key: keyof Room): Headroom => ({
    what,
    unit,
    before: q.committed[key],
    after: q.committed[key] - q.now[key] + q.after[key],
    limit: limit[key],
  });
  const headroom = [row("memory", "MiB", "memoryMiB"), row("vcpus", "vCPU", "vcpus"), row("disk", "GiB", "diskGiB")];
  return { headroom, refusals: headroom.flatMap(refusalOf) };
}

function refusalOf({ what, unit, before, after, limit }: Headroom): readonly Refusal[] {
  if (after <= limit || after <= before) return [];
  return [{ code: what, needed: after - before, available: Math.max(0, limit - before), unit }];
}
