/** What a cluster that is changed is now: its pools with their nodes, and what it has of the host. */
import { labelLines, taintLines } from "#app/domain/node-pool/node-settings.ts";
import type { MachineSize } from "#app/domain/cluster/sizes.ts";
import { amountsOf, type ClusterSpec, controlPlanesOf, type NodePoolSpec, poolsOf, servicesOf } from "#app/domain/cluster/spec.ts";
import type { RemovalCandidate } from "#app/domain/drift/removal-order.ts";
import type { Capacity } from "#app/domain/plan/headroom.ts";
import type { EditClusterView } from "#app/services/portal.ts";

export interface CurrentPool extends MachineSize {
  readonly name: string;
  readonly diskGiB: number;
  /** As the form shows them. */
  readonly labels: string;
  readonly taints: string;
  /** Of the newest revision. */
  readonly nodes: readonly string[];
  /** Of the pool as it lives, in the order in which they are proposed for removal. */
  readonly candidates: readonly RemovalCandidate[];
}

export interface CurrentCluster {
  /** Id of its blueprint. */
  readonly blueprint: string;
  /** What it has reserved; null: nothing, as a draft. */
  readonly reserved: Capacity | null;
  /** The network it keeps; null: a draft that takes the next free one. */
  readonly network: string | null;
  /** Machine name → size of its disk. Disks that exist keep their size. */
  readonly disks: Readonly<Record<string, number>>;
  readonly controlPlanes: readonly string[];
  /** Kinds of its services. */
  readonly services: readonly string[];
  /** How many control planes it has at least; 0 for a draft. */
  readonly fewest: number;
  /** Empty for a draft, of which everything may be another. */
  readonly pools: readonly CurrentPool[];
}

export function currentCluster({ spec, cluster, reserved, removal, keptNetwork }: EditClusterView): CurrentCluster {
  const draft = cluster.state === "draft";
  return {
    blueprint: spec.blueprint,
    reserved,
    network: keptNetwork,
    disks: draft ? {} : Object.fromEntries(spec.machines.map((m) => [m.name, amountsOf(m).diskGiB])),
    controlPlanes: controlPlanesOf(spec).map((m) => m.name),
    services: servicesOf(spec).map(({ kind }) => kind),
    fewest: draft ? 0 : (cluster.live?.controlPlanes ?? cluster.controlPlanes),
    pools: draft ? [] : currentPools(spec, removal),
  };
}

const currentPools = (spec: ClusterSpec, removal: readonly RemovalCandidate[]): readonly CurrentPool[] =>
  poolsOf(spec).map((pool) =>
    currentPool(
      pool,
      removal.filter((one) => one.pool === pool.name),
    ),
  );

const currentPool = (
  { name, vcpus, memoryMiB, diskGiB, labels, taints, nodes }: NodePoolSpec,
  candidates: readonly RemovalCandidate[],
): CurrentPool => ({
  ...{ name, vcpus, memoryMiB, diskGiB, nodes, candidates },
  labels: labelLines(labels),
  taints: taintLines(taints),
});
