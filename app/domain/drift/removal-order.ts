/** Which workers are removed first when a pool is to have fewer of them. Pure. */
import { type ClusterSpec, poolOf, workersOf } from "#app/domain/cluster/spec.ts";
import type { DriftKind, DriftRow } from "./drift.ts";

/** The worst that the last drift check found of a node: it runs nothing, takes no new pods, or differs in another way. */
export const nodeTroubles = ["out", "cordoned", "differs"] as const;
export type NodeTrouble = (typeof nodeTroubles)[number];

export interface RemovalCandidate {
  readonly name: string;
  /** Name of its node pool. */
  readonly pool: string;
  /** Null: healthy, or nothing is known of it. */
  readonly trouble: NodeTrouble | null;
}

/** A node that runs nothing is the smallest loss. */
const out: readonly DriftKind[] = [
  "machine-missing",
  "disk-missing",
  "machine-stopped",
  "machine-paused",
  "machine-saved",
  "node-missing",
  "node-not-ready",
];

/**
 * All workers, those first that go first: down or not Ready, then cordoned, then different from the spec in another way,
 * then healthy. Of equals the youngest goes first. An ignored row counts as well: a person who lives with a difference still
 * loses least with that node.
 */
export function removalOrder(spec: ClusterSpec, rows: readonly DriftRow[]): readonly RemovalCandidate[] {
  const youngestFirst = [...workersOf(spec)].reverse().sort((a, b) => b.sinceRevision - a.sinceRevision);
  const candidates = youngestFirst.map(({ name }) => ({ name, pool: poolOf(spec, name)?.name ?? "", trouble: troubleOf(name, rows) }));
  return candidates.sort((a, b) => rank(a) - rank(b));
}

const rank = ({ trouble }: RemovalCandidate): number => (trouble === null ? nodeTroubles.length : nodeTroubles.indexOf(trouble));

function troubleOf(node: string, rows: readonly DriftRow[]): NodeTrouble | null {
  const kinds = rows.filter((r) => r.machine === node).map((r) => r.kind);
  if (kinds.some((k) => out.includes(k))) return "out";
  if (kinds.includes("node-cordoned")) return "cordoned";
  return kinds.length > 0 ? "differs" : null;
}

export interface PoolShrinking {
  /** Of the pool as it lives, in the order of removal. */
  readonly candidates: readonly RemovalCandidate[];
  /** Its nodes in the newest revision, which may have chosen already. */
  readonly newest: readonly string[];
  readonly count: number;
  /** Named by a person. */
  readonly named: readonly string[];
}

/** The nodes that go when a pool gets this count: as the next revision will choose them. */
export function goingNodes({ candidates, newest, count, named }: PoolShrinking): readonly string[] {
  const names = candidates.map(({ name }) => name);
  const going = Math.max(0, names.length - count);
  const chosen = newest.length === count && !named.some((name) => newest.includes(name));
  if (chosen) return names.filter((name) => !newest.includes(name));
  return [...new Set([...named.filter((name) => names.includes(name)), ...names])].slice(0, going);
}
