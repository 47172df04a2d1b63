/**
 * How each field of a cluster may change while it lives: the one table from which the edit form, the impact beside it, the
 * refusals of pages, API and command line, and the rows of changes follow. A draft may change everything.
 */
import type { FieldIssue } from "#app/domain/problem.ts";
import { addedBy } from "./pool-slots.ts";
import { refusedCount } from "#app/domain/control-plane/control-planes.ts";
import type { ControlPlaneChoice, PoolInput, SpecInput } from "./spec-input.ts";
import type { MachineSize } from "./sizes.ts";
import type { ChangedThing } from "./spec-changes.ts";
import { addOnsOf, type ClusterSpec, controlPlaneOf, kubernetesOf, poolsOf, rootDiskOf, servicesOf } from "./spec.ts";

/**
 * `fixed`: never. `live`: while everything runs on. `restart`: its machines restart, one after the other. `added`: only
 * machines that the same change adds take the new value.
 */
export type ChangeClass = "fixed" | "live" | "restart" | "added";

/** Fields of a spec that people ask for or read, by the thing that they are about. */
export const changeClasses = {
  cluster: { name: "live", blueprint: "fixed", profile: "fixed", authorizedKeys: "fixed", power: "live", powerHours: "live" },
  network: { cidr: "fixed" },
  kubernetes: { controlPlane: "live", version: "fixed", podCidr: "fixed", serviceCidr: "fixed", serverNames: "fixed" },
  pool: { count: "live", vcpus: "restart", memoryMiB: "restart", diskGiB: "added", labels: "live", taints: "live" },
  machine: { "image.name": "fixed", vcpus: "restart", memoryMiB: "restart", diskGiB: "fixed", address: "fixed" },
  service: { machines: "live" },
  addOn: { version: "live" },
  port: { "api.port": "fixed" },
} as const satisfies Readonly<Record<ChangedThing, Readonly<Record<string, ChangeClass>>>>;

const { cluster, kubernetes, pool, machine, service, addOn } = changeClasses;

/** Fields of the form, each with the class of what it decides; those of a pool stand under `pools`. */
export const formChanges = {
  name: cluster.name,
  blueprint: cluster.blueprint,
  controlPlanes: kubernetes.controlPlane,
  kubernetesVersion: kubernetes.version,
  image: machine["image.name"],
  controlPlaneSize: machine.vcpus,
  controlPlaneVcpus: machine.vcpus,
  controlPlaneMemoryMiB: machine.memoryMiB,
  controlPlaneDiskGiB: machine.diskGiB,
  pools: pool.count,
  workerSize: pool.vcpus,
  workerVcpus: pool.vcpus,
  workerMemoryMiB: pool.memoryMiB,
  workers: pool.count,
  diskGiB: pool.diskGiB,
  sshKeyMode: cluster.authorizedKeys,
  sshKey: cluster.authorizedKeys,
  podCidr: kubernetes.podCidr,
  serviceCidr: kubernetes.serviceCidr,
  services: service.machines,
  addOns: addOn.version,
} as const satisfies Readonly<Record<string, ChangeClass>>;

export type ClusterField = keyof typeof formChanges;

/** Fields of one pool in the form. A pool of another name is another pool. */
export const poolFormChanges = {
  name: pool.count,
  count: pool.count,
  remove: pool.count,
  size: pool.vcpus,
  vcpus: pool.vcpus,
  memoryMiB: pool.memoryMiB,
  diskGiB: pool.diskGiB,
  labels: pool.labels,
  taints: pool.taints,
} as const satisfies Readonly<Record<string, ChangeClass>>;

export type PoolField = keyof typeof poolFormChanges;

/** Names of the fields with which a request describes the pool `workers` without a list of pools. */
export const shortPoolFields = {
  size: "workerSize",
  vcpus: "workerVcpus",
  memoryMiB: "workerMemoryMiB",
  count: "workers",
  diskGiB: "diskGiB",
} as const satisfies Partial<Readonly<Record<PoolField, ClusterField>>>;

const isShort = (field: PoolField): field is keyof typeof shortPoolFields => Object.hasOwn(shortPoolFields, field);

/** What a request calls the field of its pool at this place. */
export const poolFieldName = (at: number, field: PoolField, short = false): string =>
  short && isShort(field) ? shortPoolFields[field] : `pools[${at}].${field}`;

export interface AskedPool extends PoolInput {
  /** Names of its machines that are to go; the other ones that go are proposed. */
  readonly remove?: readonly string[];
  /** The request described it without a list of pools. */
  readonly short?: boolean;
}

/** What a person asked for, before keys and addresses are decided. */
export interface AskedCluster extends Omit<SpecInput, "authorizedKeys" | "pools"> {
  /** Id of a blueprint definition. */
  readonly blueprint: string;
  readonly pools: readonly AskedPool[];
  /** Null: not named. */
  readonly image: string | null;
  readonly sshKey: { readonly mode: "none" } | { readonly mode: "generate" } | { readonly mode: "paste"; readonly key: string };
}

type Same = (asked: AskedCluster, spec: ClusterSpec) => boolean;

const sameSize = (a: MachineSize, b: MachineSize): boolean => a.vcpus === b.vcpus && a.memoryMiB === b.memoryMiB;
const sameControlPlane: Same = (a, s) => sameSize(a.controlPlane, controlPlaneOf(s));

/** Whether the cluster says it already; fields of pools are compared pool by pool. */
const sameAs = {
  name: (a, s) => a.name === s.name,
  blueprint: (a, s) => a.blueprint === s.blueprint,
  controlPlanes: (a, s) => a.controlPlanes === undefined || a.controlPlanes === kubernetesOf(s).controlPlane.length,
  kubernetesVersion: (a, s) => a.kubernetesVersion === kubernetesOf(s).version,
  image: (a, s) => a.image === null || a.image === controlPlaneOf(s).image.name,
  controlPlaneSize: sameControlPlane,
  controlPlaneVcpus: sameControlPlane,
  controlPlaneMemoryMiB: sameControlPlane,
  controlPlaneDiskGiB: (a, s) => [null, a.controlPlane.diskGiB].includes(rootDiskOf(controlPlaneOf(s)).gib),
  sshKeyMode: ({ sshKey }, s) => sshKey.mode !== "generate" && (sshKey.mode === "paste") === s.authorizedKeys.length > 0,
  sshKey: ({ sshKey }, s) => sshKey.mode !== "paste" || s.authorizedKeys.some((key) => keyOf(key) === keyOf(sshKey.key)),
  podCidr: (a, s) => a.podCidr === kubernetesOf(s).podCidr,
  serviceCidr: (a, s) => a.serviceCidr === kubernetesOf(s).serviceCidr,
  services: ({ services = [] }, s) =>
    [...services].sort().join(" ") ===
    servicesOf(s)
      .map(({ kind }) => kind)
      .sort()
      .join(" "),
  addOns: ({ addOns = [] }, s) =>
    [...addOns].sort().join(" ") ===
    addOnsOf(s)
      .map(({ id }) => id)
      .sort()
      .join(" "),
} as const satisfies Readonly<Record<Exclude<ClusterField, "pools" | (typeof shortPoolFields)[keyof typeof shortPoolFields]>, Same>>;

const fields = Object.keys(sameAs) as (keyof typeof sameAs)[];

export const fixedFields = fields.filter((field) => formChanges[field] === "fixed");

/** Type and key, without the comment. */
const keyOf = (line: string): string => line.split(" ", 2).join(" ");

export interface LivingCluster {
  readonly previous: ClusterSpec;
  readonly live: ClusterSpec | null;
  /** What its blueprint offers. */
  readonly offered: ControlPlaneChoice;
}

/** Every field that asks for another value and cannot have it. */
export function refusedChanges(asked: AskedCluster, living: LivingCluster): readonly FieldIssue[] {
  const fixed = fixedFields
    .filter((field) => !sameAs[field](asked, living.previous))
    .map((field) => ({ field, code: "field.fixed", params: {} }));
  return [
    ...fixed,
    ...refusedCount(living.offered, asked.controlPlanes, living),
    ...asked.pools.flatMap((one, at) => refusedInPool(one, at, living)),
  ];
}

function refusedInPool(asked: AskedPool, at: number, living: LivingCluster): readonly FieldIssue[] {
  const known = poolsOf(living.previous).find(({ name }) => name === asked.name);
  const added = known !== undefined && known.diskGiB !== asked.diskGiB && addedBy({ ...living, pools: [asked] }).length === 0;
  const disk = added ? [{ field: poolFieldName(at, "diskGiB", asked.short), code: "field.added", params: {} }] : [];
  return [...disk, ...refusedRemovals(asked, at, living)];
}

/** A node can be named only where one goes, and only of the pool itself. */
function refusedRemovals({ name, count, remove = [] }: AskedPool, at: number, { previous, live }: LivingCluster): readonly FieldIssue[] {
  const nodes = poolsOf(live ?? previous).find((one) => one.name === name)?.nodes ?? [];
  const field = poolFieldName(at, "remove");
  const unknown = remove.find((node) => !nodes.includes(node));
  if (unknown !== undefined) return [{ field, code: "pool.noNode", params: { value: unknown, pool: name } }];
  const going = Math.max(0, nodes.length - count);
  return remove.length > going ? [{ field, code: "pool.removeMany", params: { value: remove.length, max: going } }] : [];
}
