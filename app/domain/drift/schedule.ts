/** When a cluster is looked at next. Pure. */
import type { DriftRecord } from "./drift.ts";

const minute = 60_000;
/** After an operation ended: its own traces should be settled. */
const settleMs = 10_000;

/** A tenth more or less, the same for one cluster: looks at many clusters do not fall on one moment. */
export function spreadOf(clusterId: string): number {
  let sum = 0;
  for (const letter of clusterId) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 1009;
  return 0.9 + (0.2 * sum) / 1008;
}

export interface Scheduled {
  readonly clusterId: string;
  readonly record: DriftRecord | null;
  /** End of the cluster's newest operation that is over; null without one. */
  readonly lastEnd: number | null;
}

/** Epoch milliseconds; null: only when a person asks. `everyMinutes` 0 switches the schedule off. */
export function nextCheck({ clusterId, record, lastEnd }: Scheduled, everyMinutes: number): number | null {
  if (everyMinutes === 0) return null;
  const last = Math.max(record?.at ?? 0, record?.trouble?.at ?? 0);
  if (lastEnd !== null && lastEnd > last) return lastEnd + settleMs;
  return last + everyMinutes * minute * spreadOf(clusterId);
}

/** Who asked first comes first; then who is due longest. Null: nobody. */
export function chooseCheck(
  all: readonly Scheduled[],
  everyMinutes: number,
  now: number,
): { readonly clusterId: string; readonly wanted: boolean } | null {
  const free = all.filter(({ record }) => record?.lookingUntil == null || record.lookingUntil <= now);
  const wanted = free.filter((s) => s.record?.wantedAt != null).sort((a, b) => (a.record?.wantedAt ?? 0) - (b.record?.wantedAt ?? 0))[0];
  if (wanted) return { clusterId: wanted.clusterId, wanted: true };
  const due = free.flatMap((s) => ({ s, at: nextCheck(s, everyMinutes) })).filter(({ at }) => at !== null && at <= now);
  const first = due.sort((a, b) => (a.at ?? 0) - (b.at ?? 0))[0];
  return first ? { clusterId: first.s.clusterId, wanted: false } : null;
}
