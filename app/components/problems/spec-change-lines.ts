/**
 * Differences between two revisions as a person counts them: a machine that comes or goes is one line, a value that
 * changes is one line, and what follows from those by itself (names, keys, ports that Berth chose) is none.
 */
import { changeClasses } from "#app/domain/cluster/change-classes.ts";
import type { ChangedThing, SpecChangeRow } from "#app/domain/cluster/spec-changes.ts";

/** The number of a pool's machines is read from the machines that come and go. */
const shownElsewhere = new Set(["count"]);

type Fields = typeof changeClasses;
export type SpecField = Exclude<{ [Thing in keyof Fields]: keyof Fields[Thing] }[keyof Fields], "count">;

/** Those of the table of change classes; others follow from them by themselves. */
const isRead = (about: ChangedThing, field: string): field is SpecField => Object.hasOwn(changeClasses[about], field) && !shownElsewhere.has(field);

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
  /** `of`: the machine or pool; null: about the cluster as a whole. */
  | { readonly kind: "value"; readonly of: string | null; readonly field: SpecField; readonly before: string | null; readonly after: string | null };

/** Machines and pools first, in the order of the rows; then values. */
export function specChangeLines(changes: readonly SpecChangeRow[]): readonly SpecChangeLine[] {
  const arrivals = [...Map.groupBy(changes, ({ about, name }) => `${about} ${name}`).values()].flatMap(comingOrGoing);
  const whole = new Set(arrivals.map((line) => `${line.kind.startsWith("pool") ? "pool" : "machine"} ${line.of}`));
  return [...arrivals, ...changes.filter(({ about, name }) => !whole.has(`${about} ${name}`)).flatMap(valueLine)];
}

/** Rows about one thing: a machine always has a role, and a pool a number of machines. */
function comingOrGoing(rows: readonly SpecChangeRow[]): readonly Extract<SpecChangeLine, { of: string; kind: Exclude<SpecChangeLine["kind"], "value"> }>[] {
  const always = rows.find((row) => (row.about === "machine" && row.field === "role") || (row.about === "pool" && row.field === "count"));
  if (always === undefined || (always.before !== null && always.after !== null)) return [];
  const side = always.before === null ? "after" : "before";
  const value = (field: string): string => rows.find((row) => row.field === field)?.[side] ?? "";
  const come = side === "after";
  if (always.about === "pool") return [{ kind: come ? "pool-added" : "pool-removed", of: always.name, count: value("count") }];
  const values = { role: value("role"), vcpus: value("vcpus"), memoryMiB: value("memoryMiB"), diskGiB: value("diskGiB"), address: value("address") };
  return [{ kind: come ? "machine-added" : "machine-removed", of: always.name, values }];
}

function valueLine({ about, name, field, before, after }: SpecChangeRow): readonly SpecChangeLine[] {
  if (!isRead(about, field)) return [];
  return [{ kind: "value", of: about === "machine" || about === "pool" ? name : null, field, before, after }];
}
