/**
 * Differences between two revisions as a person counts them: a machine that comes or goes is one line, a value that
 * changes is one line, and what follows from those by itself (names, keys, ports that Berth chose) is none.
 */
import type { SpecChangeRow } from "#app/domain/cluster/spec-changes.ts";

export const specFields = [
  "kubernetesVersion",
  "blueprint",
  "image.name",
  "profile",
  "network.cidr",
  "network.podCidr",
  "network.serviceCidr",
  "apiServerNames",
  "authorizedKeys",
  "publishedApiPort",
  "role",
  "vcpus",
  "memoryMiB",
  "diskGiB",
  "address",
] as const;
export type SpecField = (typeof specFields)[number];

export interface MachineValues {
  readonly role: string;
  readonly vcpus: string;
  readonly memoryMiB: string;
  readonly diskGiB: string;
  readonly address: string;
}

export type SpecChangeLine =
  | { readonly kind: "machine-added" | "machine-removed"; readonly node: string; readonly values: MachineValues }
  /** `node` null: about the cluster as a whole. */
  | { readonly kind: "value"; readonly node: string | null; readonly field: SpecField; readonly before: string | null; readonly after: string | null };

const isSpecField = (text: string): text is SpecField => specFields.some((field) => field === text);

/** Machines first, in the order of the rows; then values. */
export function specChangeLines(changes: readonly SpecChangeRow[]): readonly SpecChangeLine[] {
  const nodes = [...new Set(changes.flatMap((change) => placeOf(change).node ?? []))];
  const comings = nodes.flatMap((node) => comingOrGoing(node, changes));
  const whole = new Set(comings.map((line) => line.node));
  const values = changes.flatMap((change) => valueLine(change, whole));
  return [...comings, ...values];
}

/** Node names have no dots: `machines.demo-w2.memoryMiB`. */
function placeOf({ path }: SpecChangeRow): { readonly node: string | null; readonly field: string } {
  const [, node, field] = /^machines\.([^.]+)\.(.+)$/.exec(path) ?? [];
  return node === undefined || field === undefined ? { node: null, field: path } : { node, field };
}

/** Every machine has a role for as long as it is there. */
function comingOrGoing(node: string, changes: readonly SpecChangeRow[]): readonly Extract<SpecChangeLine, { node: string; values: MachineValues }>[] {
  const role = changes.find(({ path }) => path === `machines.${node}.role`);
  if (role === undefined || (role.before !== null && role.after !== null)) return [];
  const side = role.before === null ? "after" : "before";
  const value = (field: string): string => changes.find(({ path }) => path === `machines.${node}.${field}`)?.[side] ?? "";
  const values = { role: value("role"), vcpus: value("vcpus"), memoryMiB: value("memoryMiB"), diskGiB: value("diskGiB"), address: value("address") };
  return [{ kind: side === "after" ? "machine-added" : "machine-removed", node, values }];
}

function valueLine(change: SpecChangeRow, whole: ReadonlySet<string>): readonly SpecChangeLine[] {
  const { node, field } = placeOf(change);
  if (!isSpecField(field) || (node !== null && whole.has(node))) return [];
  return [{ kind: "value", node, field, before: change.before, after: change.after }];
}
