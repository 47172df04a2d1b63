/**
 * How each field of the cluster form may change in a cluster that lives. One table: what the edit form shows as fixed,
 * what API and pages refuse, and why, follow from it. A draft may change everything.
 */
import type { FieldIssue } from "#app/domain/problem.ts";
import { addedBy } from "./pool-slots.ts";
import type { PoolInput, SpecInput } from "./spec-input.ts";
import type { MachineSize } from "./sizes.ts";
import { type ClusterSpec, controlPlaneOf, kubernetesOf, type NodePoolSpec, poolsOf } from "./spec.ts";

/**
 * `fixed`: never. `live`: while everything runs on. `restart`: its machines restart, one after the other. `added`: only
 * machines that the same change adds take the new value.
 */
export type ChangeClass = "fixed" | "live" | "restart" | "added";

/** What a person asked for, before keys and addresses are decided. */
export interface AskedCluster extends Omit<SpecInput, "authorizedKeys"> {
  /** Id of a blueprint definition. */
  readonly blueprint: string;
  /** Null: not named. */
  readonly image: string | null;
  readonly sshKey: { readonly mode: "none" } | { readonly mode: "generate" } | { readonly mode: "paste"; readonly key: string };
}

interface FieldChange {
  readonly change: ChangeClass;
  /** Whether the cluster says it already. */
  readonly same: (asked: AskedCluster, spec: ClusterSpec) => boolean;
}

const sameSize = (a: MachineSize, b: MachineSize): boolean => a.vcpus === b.vcpus && a.memoryMiB === b.memoryMiB;
const sameControlPlane: FieldChange = { change: "restart", same: (a, s) => sameSize(a.controlPlane, controlPlaneOf(s)) };
/** For every pool that is asked for and exists already. */
const samePools = (same: (asked: PoolInput, pool: NodePoolSpec) => boolean) => (a: AskedCluster, s: ClusterSpec) =>
  a.pools.every((asked) => poolsOf(s).every((pool) => pool.name !== asked.name || same(asked, pool)));
const sameWorkers: FieldChange = { change: "restart", same: samePools((asked, pool) => pool.nodes.length === 0 || sameSize(asked, pool)) };

export const fieldChanges = {
  name: { change: "fixed", same: (a, s) => a.name === s.name },
  kubernetesVersion: { change: "fixed", same: (a, s) => a.kubernetesVersion === kubernetesOf(s).version },
  image: { change: "fixed", same: (a, s) => a.image === null || a.image === controlPlaneOf(s).image.name },
  controlPlaneSize: sameControlPlane,
  controlPlaneVcpus: sameControlPlane,
  controlPlaneMemoryMiB: sameControlPlane,
  workerSize: sameWorkers,
  workerVcpus: sameWorkers,
  workerMemoryMiB: sameWorkers,
  workers: { change: "live", same: samePools((asked, pool) => asked.count === pool.nodes.length) },
  diskGiB: { change: "added", same: samePools((asked, pool) => asked.diskGiB === pool.diskGiB) },
  sshKeyMode: { change: "fixed", same: ({ sshKey }, s) => sshKey.mode !== "generate" && (sshKey.mode === "paste") === s.authorizedKeys.length > 0 },
  sshKey: { change: "fixed", same: ({ sshKey }, s) => sshKey.mode !== "paste" || s.authorizedKeys.some((key) => keyOf(key) === keyOf(sshKey.key)) },
  podCidr: { change: "fixed", same: (a, s) => a.podCidr === kubernetesOf(s).podCidr },
  serviceCidr: { change: "fixed", same: (a, s) => a.serviceCidr === kubernetesOf(s).serviceCidr },
} as const satisfies Readonly<Record<string, FieldChange>>;

export type ClusterField = keyof typeof fieldChanges;

const fields = Object.keys(fieldChanges) as ClusterField[];

export const fixedFields: readonly ClusterField[] = fields.filter((field) => fieldChanges[field].change === "fixed");

/** Type and key, without the comment. */
const keyOf = (line: string): string => line.split(" ", 2).join(" ");

export interface LivingCluster {
  readonly previous: ClusterSpec;
  readonly live: ClusterSpec | null;
}

/** Every field that asks for another value and cannot have it. */
export function refusedChanges(asked: AskedCluster, { previous, live }: LivingCluster): readonly FieldIssue[] {
  const adds = addedBy({ previous, live, pools: asked.pools }).length > 0;
  return fields.flatMap((field): readonly FieldIssue[] => {
    const { change, same } = fieldChanges[field];
    if (same(asked, previous)) return [];
    if (change === "fixed") return [{ field, code: "field.fixed", params: {} }];
    return change === "added" && !adds ? [{ field, code: "field.added", params: {} }] : [];
  });
}
