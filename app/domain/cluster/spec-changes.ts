/** What differs between two revisions, as a person reads it: one row per field of a machine, a pool or the cluster. */
import { hoursText } from "#app/domain/power/power-hours.ts";
import type { ClusterSpec, MachineSpec, NodePoolSpec, Power, Taint } from "./spec.ts";

export const changedThings = ["cluster", "network", "kubernetes", "pool", "machine", "service", "addOn", "port"] as const;
export type ChangedThing = (typeof changedThings)[number];

export interface SpecChangeRow {
  readonly about: ChangedThing;
  /** Its name or key; empty for the cluster itself. */
  readonly name: string;
  /** E.g. `memoryMiB`. */
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** Null before: everything is new. Revision numbers themselves are no change. */
export function specChanges(before: ClusterSpec | null, after: ClusterSpec): readonly SpecChangeRow[] {
  const old = before ? valuesOf(before) : new Map<string, Value>();
  const now = valuesOf(after);
  const keys = [...new Set([...old.keys(), ...now.keys()])];
  return keys
    .map((key) => rowOf(old.get(key), now.get(key)))
    .filter((row) => row !== null)
    .filter((row) => row.before !== row.after);
}

/** True when both say the same, whatever their numbers. */
export const sameSpec = (a: ClusterSpec, b: ClusterSpec): boolean => specChanges(a, b).length === 0;

interface Value {
  readonly about: ChangedThing;
  readonly name: string;
  readonly field: string;
  readonly value: string;
}

function rowOf(before: Value | undefined, after: Value | undefined): SpecChangeRow | null {
  const known = after ?? before;
  if (known === undefined) return null;
  const { about, name, field } = known;
  const absent = about === "cluster" && field === "power" ? ("on" satisfies Power) : null;
  return { about, name, field, before: before?.value ?? absent, after: after?.value ?? absent };
}

/** Every value of a spec, by thing and field. */
function valuesOf(spec: ClusterSpec): ReadonlyMap<string, Value> {
  const {
    revision: _revision,
    wokenFrom: _wokenFrom,
    machines,
    networks,
    kubernetes,
    services = [],
    addOns = [],
    published,
    powerHours,
    ...cluster
  } = spec;
  const values = [
    ...fieldsOf("cluster", "", { ...cluster, powerHours: powerHours && hoursText(powerHours) }),
    ...networks.flatMap(({ key, ...network }) => fieldsOf("network", key, network)),
    ...kubernetes.flatMap(({ key, pools, ...k }) => [...fieldsOf("kubernetes", key, k), ...pools.flatMap(ofPool)]),
    ...machines.flatMap(ofMachine),
    ...services.flatMap(({ kind, ...service }) => fieldsOf("service", kind, service)),
    ...addOns.flatMap(({ id, ...addOn }) => fieldsOf("addOn", id, addOn)),
    ...published.flatMap(({ machine, purpose, ...port }) => fieldsOf("port", machine ?? "", { [purpose]: port })),
  ];
  return new Map(values.map((value) => [JSON.stringify([value.about, value.name, value.field]), value]));
}

const ofPool = ({ name, labels, taints, nodes, ...pool }: NodePoolSpec): readonly Value[] =>
  fieldsOf("pool", name, {
    ...pool,
    count: nodes.length,
    labels: Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .sort(),
    taints: taints.map(taintText),
  });

function ofMachine({ name, sinceRevision: _since, disks, interfaces, ...machine }: MachineSpec): readonly Value[] {
  const [disk] = disks;
  const [network] = interfaces;
  return fieldsOf("machine", name, {
    ...machine,
    diskGiB: disk?.gib ?? "",
    diskSource: disk?.source,
    address: network?.address,
    mac: network?.mac,
    network: network?.network,
  });
}

/** As kubectl writes it. */
export const taintText = ({ key, value, effect }: Taint): string => `${key}${value === "" ? "" : `=${value}`}:${effect}`;

const fieldsOf = (about: ChangedThing, name: string, fields: object): readonly Value[] =>
  leaves(fields, "").map(([field, value]) => ({ about, name, field, value }));

function leaves(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return [[path, value.map(String).join(", ")]];
  if (typeof value !== "object" || value === null) return [[path, String(value)]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === "" ? key : `${path}.${key}`));
}
