/** What a resource of a plan is to a person: its phase, its machine, and what happens to the node. */
import { isServiceStep, placeOf, type StepKind, type StepTable } from "#app/domain/cluster/steps.ts";
import type { Phase } from "#app/domain/operation/event.ts";
import type { Change, NodeImpact, PlanRow } from "./plan.ts";

export interface RawRow {
  /** Pulumi type token. */
  readonly type: string;
  /** Resource name as the program gave it. */
  readonly name: string;
  readonly change: Change;
  /** Property paths that differ. */
  readonly changed: readonly string[];
}

export interface RowMeaning {
  readonly step: StepKind | null;
  readonly phase: Phase;
  readonly machine: string | null;
  /** Name of the machine where its script runs. */
  readonly on: string | null;
  /** Id of the add-on that it is about, if any. */
  readonly addOn?: string | undefined;
  readonly impact: NodeImpact;
}

/** False for the stack, providers and components: they stand for nothing that a person waits for. */
export const isStep = (table: StepTable, type: string, name: string): boolean => placeOf(table, type, name) !== null;

export function classifyRow(table: StepTable, row: RawRow): RowMeaning {
  const place = placeOf(table, row.type, row.name) ?? { step: null, phase: "ready" as const, machine: null, on: null };
  return { ...place, impact: impactOf(row, place.step) };
}

/** A libvirt machine is off while it is replaced, but its disk stays: only a new disk makes a new node. */
function impactOf({ type, change, changed }: RawRow, step: StepKind | null): NodeImpact {
  // The one update of a machine that its node notices: it was off and is started.
  if (change === "update" && type.endsWith(":Domain") && changed.includes("running")) return "restart";
  if (change !== "replace") return "none";
  if (type.endsWith(":Domain")) return "restart";
  return step === "disk" ? "replace" : "none";
}

const rank: Readonly<Record<NodeImpact, number>> = { none: 0, restart: 1, replace: 2 };

/** machine name → the worst that happens to it; machines without impact are left out. */
export function impactByMachine(rows: readonly PlanRow[]): ReadonlyMap<string, NodeImpact> {
  const worst = new Map<string, NodeImpact>();
  for (const { machine, impact } of rows) {
    if (machine === null || impact === "none") continue;
    const known = worst.get(machine) ?? "none";
    if (rank[impact] > rank[known]) worst.set(machine, impact);
  }
  return worst;
}

/** Machines whose disk goes away, because it is replaced or removed. */
export const losesData = (rows: readonly PlanRow[]): readonly string[] => [
  ...new Set(
    rows.flatMap((r) => (r.machine !== null && r.step === "disk" && (r.change === "replace" || r.change === "delete") ? [r.machine] : [])),
  ),
];

/** Machines of these rows that are no nodes: they give the cluster a service. */
export const serviceMachinesIn = (rows: readonly Pick<PlanRow, "machine" | "step">[]): ReadonlySet<string> =>
  new Set(rows.flatMap((r) => (r.machine !== null && isServiceStep(r.step) ? [r.machine] : [])));

export type Counts = Readonly<Record<Change, number>>;

export function countChanges(rows: readonly Pick<PlanRow, "change">[]): Counts {
  const counts: Record<Change, number> = { create: 0, update: 0, replace: 0, delete: 0, same: 0 };
  for (const { change } of rows) counts[change] += 1;
  return counts;
}

export const changesNothing = (rows: readonly Pick<PlanRow, "change">[]): boolean => rows.every((r) => r.change === "same");
