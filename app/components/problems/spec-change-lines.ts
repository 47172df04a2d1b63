/**
 * Differences between two revisions as a person counts them: a machine that comes or goes is one line, a value that
 * changes is one line, and what follows from those by itself (names, keys, ports that Berth chose) is none.
 */
import { changeClasses } from "#app/domain/cluster/change-classes.ts";
import type { ChangedThing, SpecChangeRow } from "#app/domain/cluster/spec-changes.ts";

/** The number of a pool's machines, the control planes and the machines of a service are read from the machines that come and go. */
const shownElsewhere = new Set(["count", "controlPlane", "machines"]);

type Fields = typeof changeClasses;
export type SpecField = Exclude<{ [Thing in keyof Fields]: keyof Fields[Thing] }[keyof Fields], "count" | "controlPlane" | "machines">;

/** Those of the table of change classes; others follow from them by themselves. */
const isRead = (about: ChangedThing, field: string): field is SpecField =>
  Object.hasOwn(changeClasses[about], field) && !shownElsewhere.has(field);

export interface MachineValues {
  readonly role: string;
  readonly vcpus: string;
  readonly memoryMiB: string;
  readonly diskGiB: string;
  readonly address: string;
}

export type SpecChangeLine =
  | { readonly kind: "machine-added" | "machine-removed"; readonly of: string; readonly values: MachineValues }
  | { readonly kind: "pool-added" | "pool-removed"; readonly of: string; readonly count: string }
  /** `of`: its kind. */
  | { readonly kind: "service-added" | "service-removed"; readonly of: string; readonly machines: string }
  /** `of`: its id. */
  | { readonly kind: "add-on-added" | "add-on-removed"; readonly of: string; readonly version: string }
  /** `of`: the machine or pool; null: about the cluster as a whole. */
  | {
      readonly kind: "value";
      readonly of: string | null;
      readonly field: SpecField;
      readonly before: string | null;
      readonly after: string | null;
    };

/** Machines and pools first, in the order of the rows; then values. */
export function specChangeLines(changes: readonly SpecChangeRow[]): readonly SpecChangeLine[] {
  const arrivals = [...Map.groupBy(changes, ({ about, name }) => `${about} ${name}`).values()].flatMap(comingOrGoing);
  const whole = new Set(arrivals.map((line) => `${thingOf[line.kind]} ${line.of}`));
  return [...arrivals, ...changes.filter(({ about, name }) => !whole.has(`${about} ${name}`)).flatMap(valueLine)];
}

type Arrival = Exclude<SpecChangeLine, { readonly kind: "value" }>;

const thingOf = {
  "machine-added": "machine",
  "machine-removed": "machine",
  "pool-added": "pool",
  "pool-removed": "pool",
  "service-added": "service",
  "service-removed": "service",
  "add-on-added": "addOn",
  "add-on-removed": "addOn",
} as const satisfies Readonly<Record<Arrival["kind"], ChangedThing>>;

/** Fields that a thing always has. */
const alwaysThere: Readonly<Partial<Record<ChangedThing, string>>> = {
  machine: "role",
  pool: "count",
  service: "machines",
  addOn: "version",
};

/** Rows about one thing. */
function comingOrGoing(rows: readonly SpecChangeRow[]): readonly Arrival[] {
  const always = rows.find(({ about, field }) => alwaysThere[about] === field);
  if (always === undefined || (always.before !== null && always.after !== null)) return [];
  const side = always.before === null ? "after" : "before";
  const value = (field: string): string => rows.find((row) => row.field === field)?.[side] ?? "";
  const come = side === "after";
  if (always.about === "pool") return [{ kind: come ? "pool-added" : "pool-removed", of: always.name, count: value("count") }];
  if (always.about === "service")
    return [{ kind: come ? "service-added" : "service-removed", of: always.name, machines: value("machines") }];
  if (always.about === "addOn") return [{ kind: come ? "add-on-added" : "add-on-removed", of: always.name, version: value("version") }];
  const values = {
    role: value("role"),
    vcpus: value("vcpus"),
    memoryMiB: value("memoryMiB"),
    diskGiB: value("diskGiB"),
    address: value("address"),
  };
  return [{ kind: come ? "machine-added" : "machine-removed", of: always.name, values }];
}

function valueLine({ about, name, field, before, after }: SpecChangeRow): readonly SpecChangeLine[] {
  if (!isRead(about, field)) return [];
  return [{ kind: "value", of: ["machine", "pool", "service", "addOn"].includes(about) ? name : null, field, before, after }];
}
