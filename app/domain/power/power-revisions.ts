/**
 * Saving a cluster and waking it, as revisions of its spec. Pure.
 *
 * What has the old meaning is left out: a cluster that is on has no `power`, and one that was never woken no `wokenFrom`.
 */
import { type ClusterSpec, isSaved, type PowerSchedule } from "#app/domain/cluster/spec.ts";
import { sameSpec } from "#app/domain/cluster/spec-changes.ts";

interface Revisions {
  /** Newest revision written. */
  readonly previous: ClusterSpec;
  /** The revision that is alive, or null when none came to life. */
  readonly live: ClusterSpec | null;
}

/** The next revision of `live`, with these hours; null: with none. `previous`: the newest revision written. */
export function withPowerHours(live: ClusterSpec, previous: ClusterSpec, powerHours: PowerSchedule | null): ClusterSpec {
  const { powerHours: _former, ...rest } = live;
  return { ...rest, revision: previous.revision + 1, ...(powerHours === null ? {} : { powerHours }) };
}

/** The next revision of `live`, with its machines saved. `previous`: the newest revision written. */
export const saveCluster = (live: ClusterSpec, previous: ClusterSpec): ClusterSpec => ({
  ...live,
  revision: previous.revision + 1,
  power: "saved",
});

/** The next revision, with its machines awake. */
export const wakeCluster = ({ previous, live }: Revisions): ClusterSpec => ({
  ...awake(live ?? previous, savedOf({ previous, live }) ?? previous),
  revision: previous.revision + 1,
});

/** `spec` with its machines awake. `saved`: the revision that may have saved them. */
export function awake(spec: ClusterSpec, saved: ClusterSpec): ClusterSpec {
  const { power: _power, ...rest } = spec;
  return isSaved(saved) ? { ...rest, wokenFrom: saved.revision } : rest;
}

/**
 * A change of a saved cluster wakes it first, because nothing can be changed on machines that do not run: `next` is the revision
 * that makes the change. A new name alone touches no machine. A revision that saves and did not come to life may have saved some
 * of the machines before it failed, so they are woken after it as well.
 */
export function withPowerFor(next: ClusterSpec, { previous, live }: Revisions): ClusterSpec {
  const saved = savedOf({ previous, live });
  if (saved === null) return next;
  if (live !== null && isSaved(live) && onlyRenamed(live, next)) return withPower(next, live);
  return awake(next, saved);
}

const onlyRenamed = (live: ClusterSpec, next: ClusterSpec): boolean => sameSpec({ ...live, name: next.name }, withPower(next, live));

function withPower(spec: ClusterSpec, { power, wokenFrom }: ClusterSpec): ClusterSpec {
  const { power: _power, wokenFrom: _wokenFrom, ...rest } = spec;
  return { ...rest, ...(power === undefined ? {} : { power }), ...(wokenFrom === undefined ? {} : { wokenFrom }) };
}

/** The revision that may have saved the machines: the one that is alive comes first. */
const savedOf = ({ previous, live }: Revisions): ClusterSpec | null =>
  [live, previous].find((spec): spec is ClusterSpec => spec !== null && isSaved(spec)) ?? null;
