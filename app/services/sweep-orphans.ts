/**
 * Looks over the whole libvirt host now and then for things that nobody answers for. What carries the owner of a cluster
 * that is gone is removed; the rest is kept as a list for people to look at.
 */
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import { findOrphans, type FoundOrphan, type KnownCluster, remembered } from "#app/domain/operation/orphans.ts";
import type { ClusterStore } from "#app/ports/cluster-store.ts";
import type { Hypervisor } from "#app/ports/hypervisor.ts";
import type { OperationStore } from "#app/ports/operation-store.ts";
import type { OrphanStore } from "#app/ports/orphan-store.ts";
import type { StackRecords } from "#app/ports/stack-engine.ts";
import { pause } from "./pause.ts";

export interface SweepPorts {
  readonly operations: OperationStore;
  readonly clusters: ClusterStore;
  readonly orphans: OrphanStore;
  readonly hypervisor: Hypervisor;
  readonly records: StackRecords;
  /** Folder below which pools of stacks lie. */
  readonly poolRoot: string;
  readonly now: () => number;
}

/** One look; returns the names of what was removed. Rejects with a sentence when libvirt does not answer. */
export async function sweepOrphans(ports: SweepPorts): Promise<readonly string[]> {
  // The host first: what appears on it afterwards is not judged, and what was made meanwhile is in a state by then.
  const host = await ports.hypervisor.inventory(null);
  const found = findOrphans(host, await knownClusters(ports), ports.poolRoot);
  const removable = found.filter((o) => o.removable);
  for (const { kind, name } of removable) await ports.hypervisor.remove(kind, name);
  const left = found.filter((o) => !o.removable);
  await keep(ports, left);
  return removable.map((o) => `${o.kind} ${o.name}`);
}

/** Written only when it changed: most looks find what the last one found. */
async function keep(ports: SweepPorts, found: readonly FoundOrphan[]): Promise<void> {
  const before = await ports.orphans.list();
  const after = remembered(found, before, ports.now());
  const key = (o: { kind: string; name: string; reason: string }) => `${o.kind} ${o.name} ${o.reason}`;
  if (before.map(key).sort().join() !== after.map(key).sort().join()) await ports.orphans.replace(after);
}

async function knownClusters(ports: SweepPorts): Promise<readonly KnownCluster[]> {
  const unfinished = await ports.operations.list({ states: ["queued", "running", "interrupted"], limit: 1_000 });
  const busy = new Set(unfinished.map((o) => o.clusterId));
  const known: KnownCluster[] = [];
  for (const cluster of await ports.clusters.list(null)) {
    const one = await knownCluster(ports, cluster, busy.has(cluster.id));
    if (one) known.push(one);
  }
  return known;
}

async function knownCluster(ports: SweepPorts, { id, tenantId, revision, state }: Cluster, busy: boolean): Promise<KnownCluster | null> {
  const spec = await ports.clusters.spec(id, revision);
  if (spec === null) return null;
  const owned = state === "gone" || busy ? null : await ports.records.owned(tenantId, spec.stackName).catch(() => null);
  return { id, tenantId, prefix: spec.prefix, state, busy, owned };
}

export interface SweepSettings {
  readonly everyMs?: number;
  /** Told what was removed. */
  readonly onRemoved?: (what: readonly string[]) => void;
  readonly onTrouble?: (doing: string, error: unknown) => void;
}

/** Looks at once and then again and again, until stopped. */
export function startSweeping(ports: SweepPorts, settings: SweepSettings = {}): { stop(): Promise<void> } {
  const { everyMs = 300_000, onRemoved = () => undefined, onTrouble = () => undefined } = settings;
  const ending = new AbortController();
  const looping = (async () => {
    while (!ending.signal.aborted) {
      await sweepOrphans(ports).then(
        (removed) => (removed.length > 0 ? onRemoved(removed) : undefined),
        (error: unknown) => onTrouble("looking for orphans on the libvirt host", error),
      );
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
