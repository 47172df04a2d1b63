/** What differs between two revisions, as a person reads it: one row per path, machines by their node name. */
import type { ClusterSpec } from "./spec.ts";

export interface SpecChangeRow {
  /** Dotted path, e.g. `machines.demo-w2.memoryMiB`. */
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** Null before: everything is new. Revision numbers themselves are no change. */
export function specChanges(before: ClusterSpec | null, after: ClusterSpec): readonly SpecChangeRow[] {
  const old = before ? flatten(before) : new Map<string, string>();
  const now = flatten(after);
  const paths = [...new Set([...old.keys(), ...now.keys()])];
  return paths
    .map((path) => ({ path, before: old.get(path) ?? null, after: now.get(path) ?? null }))
    .filter((row) => row.before !== row.after);
}

/** True when both say the same, whatever their numbers. */
export const sameSpec = (a: ClusterSpec, b: ClusterSpec): boolean => specChanges(a, b).length === 0;

function flatten(spec: ClusterSpec): Map<string, string> {
  const { revision: _revision, machines, ...rest } = spec;
  const named = Object.fromEntries(machines.map(({ nodeName, sinceRevision: _since, ...m }) => [nodeName, m]));
  return new Map(leaves({ ...rest, machines: named }, ""));
}

function leaves(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (Array.isArray(value)) return [[path, value.map(String).join(", ")]];
  if (typeof value !== "object" || value === null) return [[path, String(value)]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === "" ? key : `${path}.${key}`));
}
