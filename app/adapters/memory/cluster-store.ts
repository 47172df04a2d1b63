/** The cluster store's contract in memory. */
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import type { MachineSpec } from "#app/domain/cluster/spec.ts";
import { type ClusterStore, NameTaken, RangeExhausted, RevisionConflict } from "#app/ports/cluster-store.ts";
import type { Claim } from "#app/ports/operation-store.ts";
import { type MemoryState, type StoredCluster, stored } from "./state.ts";

export function createMemoryClusterStore(state: MemoryState): ClusterStore {
  const all = () => [...state.clusters.values()];
  const living = () => all().filter((c) => c.cluster.state !== "gone");
  const demand = (holder: Claim | undefined): void => {
    if (holder) state.requireLease(holder);
  };
  return {
    create: async (c, toSpec) => {
      const namesake = living().some((o) => o.cluster.tenantId === c.tenantId && o.cluster.name === c.name);
      if (namesake) throw new NameTaken(`this tenant has a cluster named ${c.name} already`);
      const networkIndex = lowestFree(new Set(living().map((o) => o.cluster.networkIndex)), c.indexLimit);
      const spec = toSpec(networkIndex);
      if (spec.revision !== 1) throw new RevisionConflict(`creating cluster ${c.name}: its first revision is numbered ${spec.revision}`);
      const { indexLimit: _, ...asked } = c;
      const cluster: Cluster = { ...asked, networkIndex, state: "draft", revision: 1, liveRevision: 0, readyAt: null, goneAt: null };
      state.clusters.set(c.id, { cluster, stateSerial: 0, receipt: null, specs: [{ spec: stored(spec), at: c.createdAt }], plans: [] });
      return cluster;
    },
    get: async (id) => state.clusters.get(id)?.cluster ?? null,
    byName: async (tenantId, name) => {
      const same = all().filter((o) => o.cluster.tenantId === tenantId && o.cluster.name === name);
      return same.map((o) => o.cluster).toSorted(livingFirst)[0] ?? null;
    },
    list: async (tenantId) => {
      const wanted = all().filter((o) => tenantId === null || o.cluster.tenantId === tenantId);
      return wanted.map((o) => o.cluster).toSorted(livingFirst);
    },
    addRevision: async (spec, at) => {
      const kept = state.cluster(spec.clusterId);
      if (spec.revision !== kept.cluster.revision + 1) {
        throw new RevisionConflict(`revision ${spec.revision} of cluster ${spec.name} does not follow its newest`);
      }
      kept.cluster = { ...kept.cluster, revision: spec.revision };
      kept.specs.push({ spec: stored(spec), at });
    },
    spec: async (clusterId, revision) => state.clusters.get(clusterId)?.specs[revision - 1]?.spec ?? null,
    revisions: async (clusterId) => (state.clusters.get(clusterId)?.specs ?? []).map(({ spec, at }) => ({ revision: spec.revision, at })),
    setState: async (clusterId, to, at, holder) => {
      demand(holder);
      const kept = state.clusters.get(clusterId);
      if (!kept || kept.cluster.state === "gone") throw new Error(`setting cluster ${clusterId} to ${to}: it is gone or unknown`);
      const times = to === "ready" ? { readyAt: kept.cluster.readyAt ?? at } : to === "gone" ? { goneAt: at } : {};
      kept.cluster = { ...kept.cluster, state: to, ...times };
    },
    setLiveRevision: async (clusterId, revision, holder) => {
      demand(holder);
      const kept = state.cluster(clusterId);
      kept.cluster = { ...kept.cluster, liveRevision: revision };
    },
    addPlan: async (plan, holder) => {
      demand(holder);
      const { plans } = state.cluster(plan.clusterId);
      const numbered = stored({ ...plan, number: plans.length + 1 });
      plans.push(numbered);
      return numbered;
    },
    plan: async (id) => all().flatMap((o) => o.plans).find((p) => p.id === id) ?? null,
    plans: async (clusterId) => [...(state.clusters.get(clusterId)?.plans ?? [])],
    stateSerial: async (clusterId) => state.clusters.get(clusterId)?.stateSerial ?? 0,
    raiseStateSerial: async (clusterId, holder) => {
      demand(holder);
      return ++state.cluster(clusterId).stateSerial;
    },
    receipt: async (clusterId) => state.clusters.get(clusterId)?.receipt ?? null,
    setReceipt: async (clusterId, receipt, holder) => {
      demand(holder);
      state.cluster(clusterId).receipt = stored(receipt);
    },
    committed: async () => {
      const machines = living().flatMap(newestMachines);
      const sum = (size: (m: MachineSpec) => number) => machines.reduce((n, m) => n + size(m), 0);
      return { vcpus: sum((m) => m.vcpus), memoryMiB: sum((m) => m.memoryMiB), diskGiB: sum((m) => m.diskGiB) };
    },
  };
}

function lowestFree(taken: ReadonlySet<number>, limit: number): number {
  for (let index = 0; index < limit; index++) if (!taken.has(index)) return index;
  throw new RangeExhausted(`all ${limit} cluster networks of the address range are taken`);
}

const newestMachines = (c: StoredCluster): readonly MachineSpec[] => c.specs.at(-1)?.spec.machines ?? [];

/** The living by name, then those that are gone, newest first. */
function livingFirst(a: Cluster, b: Cluster): number {
  const gone = (c: Cluster) => (c.state === "gone" ? 1 : 0);
  const text = (x: string, y: string) => (x === y ? 0 : x < y ? -1 : 1);
  return gone(a) - gone(b) || (b.goneAt ?? 0) - (a.goneAt ?? 0) || text(a.name, b.name) || text(a.id, b.id);
}
