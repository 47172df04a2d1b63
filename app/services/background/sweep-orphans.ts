/**
 * Sweeps each libvirt host now and then for things that no cluster owns. What carries the owner of a cluster
 * that is gone is removed; the rest is kept as a list for people to look at.
 */
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import { concernedBy, findOrphans, type FoundOrphan, type KnownCluster, remembered } from "#app/domain/operation/orphans.ts";
import type { HostId } from "#app/domain/host/libvirt-host.ts";
import type { ClusterStore } from "#app/ports/cluster-store.ts";
import type { ByHost, Hypervisors } from "#app/ports/hosts/by-host.ts";
import type { HostStore } from "#app/ports/hosts/host-store.ts";
import type { Inventory } from "#app/ports/hypervisor.ts";
import type { OperationStore } from "#app/ports/operation-store.ts";
import type { OrphanStore } from "#app/ports/orphan-store.ts";
import type { StackRecords } from "#app/ports/stack-engine.ts";
import { eachPage } from "#app/services/each-cluster.ts";
import { pause } from "#app/services/pause.ts";
import { unfinished } from "#app/services/views.ts";

export interface SweepPorts {
  readonly operations: OperationStore;
  readonly clusters: ClusterStore;
  readonly orphans: OrphanStore;
  readonly hosts: Pick<HostStore, "list">;
  readonly hypervisors: Hypervisors;
  readonly records: StackRecords;
  /** Folder on the host below which pools of stacks lie. */
  readonly poolRoots: ByHost<string>;
  readonly now: () => number;
}

/** Cluster id → prefix of clusters that are gone. No revision of theirs follows, so the spec of each is read once. */
export type GonePrefixes = Map<string, string>;

/**
 * One sweep of one host; returns the names of what was removed. Rejects with a sentence when libvirt does not answer. Keeps what it
 * read in `gone`.
 */
export async function sweepOrphans(ports: SweepPorts, hostId: HostId, gone: GonePrefixes = new Map()): Promise<readonly string[]> {
  const hypervisor = ports.hypervisors.of(hostId);
  // The host first: what appears on it afterwards is not judged, and what was made meanwhile is in a state by then.
  const host = await hypervisor.inventory(null);
  const found = findOrphans(host, await knownClusters(ports, hostId, host, gone), ports.poolRoots.of(hostId));
  const removable = found.filter((o) => o.removable);
  for (const { kind, name } of removable) await hypervisor.remove(kind, name);
  const left = found.filter((o) => !o.removable);
  await keep(ports, hostId, left);
  return removable.map((o) => `${o.kind} ${o.name}`);
}

/** Written only when it changed: most looks find what the last one found. */
async function keep(ports: SweepPorts, hostId: HostId, found: readonly FoundOrphan[]): Promise<void> {
  const before = await ports.orphans.list(hostId);
  const after = remembered(found, before, ports.now());
  const key = (o: { kind: string; name: string; reason: string }) => `${o.kind} ${o.name} ${o.reason}`;
  if (before.map(key).sort().join() !== after.map(key).sort().join()) await ports.orphans.replace(hostId, after);
}

interface Names {
  readonly prefix: string;
  readonly stackName: string | null;
}

/**
 * Only clusters that something on the host belongs to, or is named like. The living come first: of two with one prefix they answer
 * for it.
 */
async function knownClusters(ports: SweepPorts, hostId: HostId, host: Inventory, gone: GonePrefixes): Promise<readonly KnownCluster[]> {
  const isConcerned = concernedBy(host);
  const known: KnownCluster[] = [];
  for await (const page of eachPage(ports.clusters)) {
    const names = await namesOf(ports, page, gone);
    const found = page.flatMap((cluster) => {
      const named = names.get(cluster.id);
      return named && isConcerned(cluster.id, named.prefix) ? [{ cluster, named }] : [];
    });
    const busy = await busyOf(
      ports,
      found.map(({ cluster }) => cluster.id),
    );
    for (const { cluster, named } of found) known.push(await knownCluster(ports, cluster, named, { hostId, busy: busy.has(cluster.id) }));
  }
  return known.toSorted((a, b) => Number(a.state === "gone") - Number(b.state === "gone"));
}

/** By cluster id. The stack of a cluster that is gone is not asked for. */
async function namesOf(ports: SweepPorts, page: readonly Cluster[], gone: GonePrefixes): Promise<ReadonlyMap<string, Names>> {
  const unread = page.filter((c) => !gone.has(c.id));
  const specs = new Map(
    (await ports.clusters.specs(unread.map((c) => ({ clusterId: c.id, revision: c.revision })))).map((s) => [s.clusterId, s]),
  );
  for (const { id, state } of unread) {
    const spec = specs.get(id);
    if (state === "gone" && spec !== undefined) gone.set(id, spec.prefix);
  }
  return new Map(
    page.flatMap(({ id }) => {
      const prefix = gone.get(id);
      const names = prefix === undefined ? specs.get(id) : { prefix, stackName: null };
      return names === undefined ? [] : [[id, names] as const];
    }),
  );
}

async function busyOf(ports: SweepPorts, clusterIds: readonly string[]): Promise<ReadonlySet<string>> {
  const busy = await ports.operations.list({ clusterIds, states: unfinished, limit: Math.max(1, clusterIds.length) });
  return new Set(busy.map((o) => o.clusterId));
}

interface Swept {
  readonly hostId: HostId;
  readonly busy: boolean;
}

const nothingOwned: ReadonlySet<string> = new Set();

/** What a stack owns is on the host of its cluster: on any other, nothing is the cluster's. */
async function knownCluster(
  ports: SweepPorts,
  cluster: Cluster,
  { prefix, stackName }: Names,
  { hostId, busy }: Swept,
): Promise<KnownCluster> {
  const { id, tenantId, state } = cluster;
  if (cluster.hostId !== hostId && state !== "gone") return { id, tenantId, prefix, state, busy: false, owned: nothingOwned };
  const owned = state === "gone" || stackName === null || busy ? null : await ports.records.owned(tenantId, stackName).catch(() => null);
  return { id, tenantId, prefix, state, busy, owned };
}

export interface SweepSettings {
  readonly everyMs?: number;
  /** Told what was removed. */
  readonly onRemoved?: (what: readonly string[]) => void;
  readonly onTrouble?: (doing: string, error: unknown) => void;
}

/** Sweeps all hosts at once and then again and again, until stopped. */
export function startSweeping(ports: SweepPorts, settings: SweepSettings = {}): { stop(): Promise<void> } {
  const { everyMs = 300_000, onRemoved = () => undefined, onTrouble = () => undefined } = settings;
  const ending = new AbortController();
  const gone: GonePrefixes = new Map();
  /** A host that does not answer keeps no other from being swept. */
  const sweepAll = async () => {
    for (const { id } of await ports.hosts.list()) {
      await sweepOrphans(ports, id, gone).then(
        (removed) => (removed.length > 0 ? onRemoved(removed) : undefined),
        (error: unknown) => onTrouble(`looking for orphans on the libvirt host ${id}`, error),
      );
    }
  };
  const looping = (async () => {
    while (!ending.signal.aborted) {
      await sweepAll().catch((error: unknown) => onTrouble("reading the libvirt hosts", error));
      await pause(everyMs, ending.signal);
    }
  })();
  return {
    async stop() {
      ending.abort();
      await looping;
    },
  };
}
