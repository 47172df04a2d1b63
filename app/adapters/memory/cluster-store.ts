/** The cluster store's contract in memory. */
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import type { HostId } from "#app/domain/host/libvirt-host.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import type { Plan, PlanHead } from "#app/domain/plan/plan.ts";
import { isOver } from "#app/domain/operation/operation.ts";
import { type ClusterStore, NameTaken, RangeExhausted, RevisionConflict, TooManyDrafts } from "#app/ports/cluster-store.ts";
import type { Claim } from "#app/ports/operation-store.ts";
import { createMemoryClusterLists } from "./cluster-lists.ts";
import { freeNetworkIndex, holdersIn, networkIsTaken, reservedTotal } from "./reservations.ts";
import { type MemoryState, stored } from "./state.ts";

const nameTaken = (name: string) => new NameTaken(`this tenant has a cluster named ${name} already`);

export function createMemoryClusterStore(state: MemoryState): ClusterStore {
  const all = () => [...state.clusters.values()];
  const living = () => all().filter((c) => c.cluster.state !== "gone");
  const demand = (holder: Claim | undefined): void => {
    if (holder) state.requireLease(holder);
  };
  const isBusy = (clusterId: string) =>
    [...state.operations.values()].some(({ operation: o }) => o.clusterId === clusterId && !isOver(o.state));
  const proposedIndex = (hostId: HostId, limit: number): number => {
    const index = freeNetworkIndex(state, hostId, limit);
    if (index === null) throw new RangeExhausted(`all ${limit} cluster networks of the address range are reserved`);
    return index;
  };
  const addRevision = (spec: ClusterSpec, at: number): void => {
    const kept = state.cluster(spec.clusterId);
    if (spec.revision !== kept.cluster.revision + 1) {
      throw new RevisionConflict(`revision ${spec.revision} of cluster ${spec.name} does not follow its newest`);
    }
    const { tenantId, id } = kept.cluster;
    if (living().some(({ cluster: c }) => c.tenantId === tenantId && c.id !== id && c.name === spec.name)) throw nameTaken(spec.name);
    kept.cluster = { ...kept.cluster, revision: spec.revision, name: spec.name, changedAt: at };
    kept.specs.push({ spec: stored(spec), at });
  };
  return {
    ...createMemoryClusterLists(state),
    create: async (c, toSpec) => {
      const namesake = living().some((o) => o.cluster.tenantId === c.tenantId && o.cluster.name === c.name);
      if (namesake) throw nameTaken(c.name);
      const drafts = living().filter((o) => o.cluster.tenantId === c.tenantId && o.cluster.state === "draft");
      if (drafts.length >= (c.maxDrafts ?? Number.POSITIVE_INFINITY))
        throw new TooManyDrafts(`this tenant has ${c.maxDrafts} drafts already`);
      const networkIndex = proposedIndex(c.hostId, c.indexLimit);
      const spec = toSpec(networkIndex);
      if (spec.revision !== 1) throw new RevisionConflict(`creating cluster ${c.name}: its first revision is numbered ${spec.revision}`);
      const { id, tenantId, name, hostId, createdAt } = c;
      const cluster: Cluster = {
        id,
        tenantId,
        name,
        hostId,
        networkIndex,
        reserved: null,
        state: "draft",
        revision: 1,
        liveRevision: 0,
        createdAt,
        changedAt: createdAt,
        readyAt: null,
        goneAt: null,
      };
      state.clusters.set(c.id, { cluster, stateSerial: 0, receipt: null, specs: [{ spec: stored(spec), at: c.createdAt }], plans: [] });
      return cluster;
    },
    get: async (id) => state.clusters.get(id)?.cluster ?? null,
    byName: async (tenantId, name) => {
      const same = all().filter((o) => o.cluster.tenantId === tenantId && o.cluster.name === name);
      return same.map((o) => o.cluster).toSorted(livingFirst)[0] ?? null;
    },
    addRevision: async (spec, at) => addRevision(spec, at),
    proposeNetwork: async (clusterId, q, toSpec) => {
      const networkIndex = proposedIndex(state.cluster(clusterId).cluster.hostId, q.indexLimit);
      addRevision(toSpec(networkIndex), q.at);
      const kept = state.cluster(clusterId);
      kept.cluster = { ...kept.cluster, networkIndex };
    },
    nextNetwork: async (hostId, indexLimit) => freeNetworkIndex(state, hostId, indexLimit),
    networkIsTaken: async (clusterId) => {
      const kept = state.clusters.get(clusterId);
      return kept !== undefined && networkIsTaken(state, kept);
    },
    discardDraft: async (clusterId, at, unchangedSince = Number.POSITIVE_INFINITY) => {
      const kept = state.clusters.get(clusterId);
      if (kept?.cluster.state !== "draft" || isBusy(clusterId) || kept.cluster.changedAt >= unchangedSince) return false;
      kept.cluster = { ...kept.cluster, state: "gone", goneAt: at, reserved: null };
      return true;
    },
    draftsUnchangedSince: async (before, limit) => {
      const old = living()
        .map((o) => o.cluster)
        .filter((c) => c.state === "draft" && c.changedAt < before);
      return old.toSorted((a, b) => a.changedAt - b.changedAt || (a.id < b.id ? -1 : 1)).slice(0, limit);
    },
    spec: async (clusterId, revision) => state.clusters.get(clusterId)?.specs[revision - 1]?.spec ?? null,
    revisions: async (clusterId, { limit, before = Number.POSITIVE_INFINITY }) => {
      const all = (state.clusters.get(clusterId)?.specs ?? []).map(({ spec, at }) => ({ revision: spec.revision, at }));
      return all
        .filter((r) => r.revision < before)
        .toReversed()
        .slice(0, limit);
    },
    setState: async (clusterId, to, at, holder) => {
      demand(holder);
      const kept = state.clusters.get(clusterId);
      if (!kept || kept.cluster.state === "gone") throw new Error(`setting cluster ${clusterId} to ${to}: it is gone or unknown`);
      const times = to === "ready" ? { readyAt: kept.cluster.readyAt ?? at } : to === "gone" ? { goneAt: at, reserved: null } : {};
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
    plan: async (id) =>
      all()
        .flatMap((o) => o.plans)
        .find((p) => p.id === id) ?? null,
    planNumbered: async (clusterId, number) => state.clusters.get(clusterId)?.plans.find((p) => p.number === number) ?? null,
    planHeads: async (clusterId, { limit, before = Number.POSITIVE_INFINITY }) =>
      (state.clusters.get(clusterId)?.plans ?? [])
        .filter((p) => p.number < before)
        .map(headOf)
        .toReversed()
        .slice(0, limit),
    planHeadsOf: async ({ ids, operationIds }) =>
      all()
        .flatMap((o) => o.plans)
        .filter((p) => ids.includes(p.id) || operationIds.includes(p.operationId))
        .map(headOf),
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
    reserved: async (hostId) => reservedTotal(state, hostId),
    holders: async (hostId, tenantIds, limit) => {
      const held = holdersIn(state, hostId).filter((c) => tenantIds === null || tenantIds.includes(c.tenantId));
      return held.toSorted((a, b) => (b.reserved?.memoryMiB ?? 0) - (a.reserved?.memoryMiB ?? 0) || (a.id < b.id ? -1 : 1)).slice(0, limit);
    },
  };
}

const headOf = ({ id, clusterId, operationId, kind, number, fromRevision, specRevision, stateSerial, createdAt }: Plan): PlanHead => ({
  ...{ id, clusterId, operationId, kind, number, fromRevision, specRevision, stateSerial, createdAt },
});

/** The living by name, then those that are gone, newest first. */
function livingFirst(a: Cluster, b: Cluster): number {
  const gone = (c: Cluster) => (c.state === "gone" ? 1 : 0);
  const text = (x: string, y: string) => (x === y ? 0 : x < y ? -1 : 1);
  return gone(a) - gone(b) || (b.goneAt ?? 0) - (a.goneAt ?? 0) || text(a.name, b.name) || text(a.id, b.id);
}
