/** Which workers are removed first when a cluster is to have fewer of them. Pure. */
import { type ClusterSpec, workersOf } from "#app/domain/cluster/spec.ts";
import type { DriftKind, DriftRow } from "./drift.ts";

/** A node that runs nothing is the smallest loss. */
const out: readonly DriftKind[] = ["machine-missing", "disk-missing", "machine-stopped", "machine-paused", "node-missing", "node-not-ready"];

/**
 * Names of workers that the last drift check found in trouble, the worst first: down or not Ready, then cordoned, then
 * different from the spec in another way. Of equals the youngest goes first. Healthy workers are left out. An ignored
 * row counts as well: a person who lives with a difference still loses least with that node.
 */
export function removalOrder(spec: ClusterSpec, rows: readonly DriftRow[]): readonly string[] {
  const rank = (node: string): number => {
    const kinds = rows.filter((r) => r.machine === node).map((r) => r.kind);
    if (kinds.some((k) => out.includes(k))) return 0;
    if (kinds.includes("node-cordoned")) return 1;
    return kinds.length > 0 ? 2 : 3;
  };
  const youngestFirst = [...workersOf(spec)].reverse().sort((a, b) => b.sinceRevision - a.sinceRevision);
  const ranked = youngestFirst.map(({ name }) => ({ name, rank: rank(name) }));
  return ranked.filter((w) => w.rank < 3).sort((a, b) => a.rank - b.rank).map((w) => w.name);
}
