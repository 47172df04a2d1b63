/**
 * Things on the libvirt host that look like Berth's and that nobody answers for any more. Only what carries the owner of a
 * cluster that is known to be gone may be removed without a person; everything else is shown.
 */
import type { ClusterState } from "#app/domain/cluster/cluster.ts";
import type { Owner } from "#app/domain/cluster/ownership.ts";

export const orphanReasons = ["cluster-gone", "cluster-unknown", "not-in-state", "no-owner"] as const;
/**
 * `cluster-unknown`: perhaps of another installation of Berth on this host. `no-owner`: called like a cluster's own, but
 * made by somebody else.
 */
export type OrphanReason = (typeof orphanReasons)[number];
export type OrphanKind = "machine" | "network" | "pool";

export interface Orphan {
  readonly kind: OrphanKind;
  readonly name: string;
  /** Whose it says it is, or seems to be; null when nothing tells. */
  readonly tenantId: string | null;
  readonly clusterId: string | null;
  readonly reason: OrphanReason;
  /** When it was first seen so; epoch milliseconds. */
  readonly since: number;
}

export interface FoundOrphan extends Omit<Orphan, "since"> {
  readonly removable: boolean;
}

interface Thing {
  readonly kind: OrphanKind;
  readonly name: string;
  readonly owner: Owner | null;
}

/** A cluster as it is known here. */
export interface KnownCluster {
  readonly id: string;
  readonly tenantId: string;
  readonly prefix: string;
  readonly state: ClusterState;
  /** An operation of it is not finished: that one cleans up itself. */
  readonly busy: boolean;
  /** `<kind> <name>` of everything in its stack's state; null: it cannot be read, so nothing can be said. */
  readonly owned: ReadonlySet<string> | null;
}

interface OnHost {
  readonly machines: readonly { readonly name: string; readonly owner: Owner | null }[];
  readonly networks: readonly { readonly name: string; readonly owner: Owner | null }[];
  readonly pools: readonly { readonly name: string; readonly folder: string }[];
}

/** Whether something on the host says that it belongs to this cluster, or is named like its things. */
export function concernedBy(host: OnHost): (clusterId: string, prefix: string) => boolean {
  const owners = new Set([...host.machines, ...host.networks].flatMap(({ owner }) => owner?.clusterId ?? []));
  const prefixes = new Set([...host.machines, ...host.networks, ...host.pools].flatMap(({ name }) => prefixesOf(name)));
  return (clusterId, prefix) => owners.has(clusterId) || prefixes.has(prefix);
}

/** `a-b-c`: the whole, `a-b` and `a`. */
const prefixesOf = (name: string): readonly string[] => [name, ...Array.from(name.matchAll(/-/g), ({ index }) => name.slice(0, index))];

/** `poolRoot`: folder below which pools of stacks lie. */
export function findOrphans(host: OnHost, clusters: readonly KnownCluster[], poolRoot: string): readonly FoundOrphan[] {
  const things: readonly Thing[] = [
    ...host.machines.map(({ name, owner }) => ({ kind: "machine", name, owner }) as const),
    ...host.networks.map(({ name, owner }) => ({ kind: "network", name, owner }) as const),
    ...host.pools.filter((p) => p.folder.startsWith(`${poolRoot}/`)).map(({ name }) => ({ kind: "pool", name, owner: null }) as const),
  ];
  return things.flatMap((thing) => judge(thing, clusters) ?? []);
}

function judge(thing: Thing, clusters: readonly KnownCluster[]): FoundOrphan | null {
  const { kind, name, owner } = thing;
  const named = clusters.find((c) => name === c.prefix || name.startsWith(`${c.prefix}-`)) ?? null;
  const cluster = owner === null ? named : (clusters.find((c) => c.id === owner.clusterId && c.tenantId === owner.tenantId) ?? null);
  const reason = cluster === null ? strangeness(thing) : reasonOf(thing, cluster);
  if (reason === null) return null;
  const whose = { tenantId: owner?.tenantId ?? cluster?.tenantId ?? null, clusterId: owner?.clusterId ?? cluster?.id ?? null };
  return { kind, name, ...whose, reason, removable: reason === "cluster-gone" && owner !== null };
}

/** A pool below our own folder is ours, whoever made it; anything else without an owner is none of our business. */
const strangeness = ({ kind, owner }: Thing): OrphanReason | null => (owner !== null || kind === "pool" ? "cluster-unknown" : null);

function reasonOf({ kind, name, owner }: Thing, cluster: KnownCluster): OrphanReason | null {
  if (cluster.state === "gone") return "cluster-gone";
  if (cluster.busy || cluster.owned === null || cluster.owned.has(`${kind} ${name}`)) return null;
  return owner === null && kind !== "pool" ? "no-owner" : "not-in-state";
}

/** The list as it is kept: what was seen before keeps its time. */
export function remembered(found: readonly FoundOrphan[], before: readonly Orphan[], now: number): readonly Orphan[] {
  const same = (a: Omit<Orphan, "since">, b: Orphan) => a.kind === b.kind && a.name === b.name && a.reason === b.reason;
  return found.map(({ removable: _, ...o }) => ({ ...o, since: before.find((b) => same(o, b))?.since ?? now }));
}
