/** From findings to what a plan says and does about them. Pure. */
import { changeOf } from "#app/domain/cluster/revise-spec.ts";
import type { PoolInput, SpecChange } from "#app/domain/cluster/spec-input.ts";
import type { MachineSize } from "#app/domain/cluster/sizes.ts";
import { clusterStepName, machineStepName, type StepTable } from "#app/domain/cluster/steps.ts";
import { type ClusterSpec, isControlPlane, isSaved, networkOf, poolOf } from "#app/domain/cluster/spec.ts";
import type { PlanRepair, PlanRow, Repair } from "#app/domain/plan/plan.ts";
import { type DriftFinding, type DriftKind, driftId, isAboutCertificates } from "./drift.ts";
import { repairMarks, repairOf } from "./find-drift.ts";

export interface RepairInput {
  readonly repaired: readonly DriftFinding[];
  /** Of these the spec says now what is there; the host is only read. */
  readonly adopted: readonly DriftFinding[];
  /** Everything found on the host: a plan that reads it acts on all of it. */
  readonly now: readonly DriftFinding[];
}

export function planRepair(spec: ClusterSpec, { repaired, adopted, now }: RepairInput): PlanRepair {
  const { refresh, again }: Repair = repairOf(spec, repaired);
  const reads = refresh || (adopted.length > 0 && !repaired.some((f) => f.kind === "disk-missing"));
  const found = [...repaired, ...adopted, ...(reads ? now : [])];
  return { refresh: reads, again, marks: [...new Set(repairMarks(found))] };
}

/**
 * Steps of a repair that a run which continues has to do: those of a machine belong together (a disk, and the join of what
 * is on it), so where one is not done, all of them are done again. `done`: what earlier attempts made again.
 */
export function stepsLeft(again: readonly string[], done: ReadonlySet<string>, table: StepTable): readonly string[] {
  const groups = Map.groupBy(again, (name) => table.get(name)?.machine ?? name);
  return [...groups.values()].filter((steps) => steps.some((name) => !done.has(name))).flat();
}

export interface Wake {
  /** `firewall`: the rules of a network; `node`: a Kubernetes node that is cordoned. */
  readonly kind: "network" | "firewall" | "pool" | "machine" | "node";
  /** On the host; of a node its own name. */
  readonly name: string;
  /** Resource whose row in the plan it is. */
  readonly row: string;
  /** It may have been begun and never finished: then it cannot be woken, and the run removes it before it makes it. */
  readonly mayBeHalfMade: boolean;
}

/**
 * What only sleeps is woken by Berth itself before the engine starts: it cannot see that a network is off. `alive`: the
 * cluster came to life once, so that everything of it was whole.
 */
export function wakesOf(spec: ClusterSpec, findings: readonly DriftFinding[], alive: boolean): readonly Wake[] {
  return findings.flatMap((f): readonly Wake[] => {
    switch (f.kind) {
      case "network-inactive":
        return [
          { kind: "network", name: networkOf(spec).name, row: clusterStepName(networkOf(spec).key, "network"), mayBeHalfMade: !alive },
        ];
      case "network-firewall":
        return [
          { kind: "firewall", name: networkOf(spec).name, row: clusterStepName(networkOf(spec).key, "network"), mayBeHalfMade: false },
        ];
      case "pool-inactive":
        return [{ kind: "pool", name: spec.prefix, row: clusterStepName(networkOf(spec).key, "pool"), mayBeHalfMade: !alive }];
      case "machine-paused":
      case "machine-saved": {
        const m = spec.machines.find((s) => s.name === f.machine);
        return m ? [{ kind: "machine", name: m.libvirtName, row: machineStepName(m.name, "machine"), mayBeHalfMade: false }] : [];
      }
      default:
        return [];
    }
  });
}

/** What a run towards this spec wakes: one that saves the machines would only have to save them again. */
export const wakesFor = (target: ClusterSpec, wakes: readonly Wake[]): readonly Wake[] =>
  isSaved(target) ? wakes.filter((wake) => wake.kind !== "machine" && wake.kind !== "node") : wakes;

/**
 * Findings that may be repaired without a new approval. Restoring firewall rules restarts the libvirt daemon of the whole
 * host, so it needs a plan that a person approved: `marks` are that plan's, empty where there is none.
 */
export const withoutDaemonRestart = (findings: readonly DriftFinding[], marks: readonly string[]): readonly DriftFinding[] =>
  findings.filter((f) => f.kind !== "network-firewall" || marks.includes(`${f.id}=${f.found}`));

/** Nodes that a plan uncordons. The host cannot tell whether they still are, so the plan's own marks do. */
export const uncordonsOf = (spec: ClusterSpec, marks: readonly string[]): readonly Wake[] =>
  spec.machines
    .filter((m) => marks.includes(`${driftId("node-cordoned", m.name)}=false`))
    .map((m) => ({ kind: "node", name: m.name, row: machineStepName(m.name, "machine"), mayBeHalfMade: false }));

const woken: Readonly<Record<Wake["kind"], string>> = {
  network: "active",
  firewall: "firewall",
  pool: "active",
  machine: "running",
  node: "schedulable",
};

/** The engine's rows with what Berth itself wakes among them, so that the plan says everything that will happen. */
export function rowsWithWakes(rows: readonly PlanRow[], wakes: readonly Wake[]): readonly PlanRow[] {
  return rows.map((row) => {
    const wake = wakes.find((w) => w.row === row.name && !row.type.startsWith("command:"));
    if (!wake || row.change === "replace" || row.change === "create") return row;
    return { ...row, change: "update", impact: "none", changed: [...new Set([...row.changed, woken[wake.kind]])].sort() };
  });
}

/** Kinds that a fresh look at the host alone can confirm. */
export const isOnHost = (kind: DriftKind): boolean =>
  !kind.startsWith("node-") && !isAboutCertificates(kind) && !kind.startsWith("orphan-") && kind !== "resource";

export interface Moved {
  /** Marks of the plan that are no longer so. */
  readonly over: readonly string[];
  /** What the reading of the host would act on, and no person has approved. */
  readonly fresh: readonly string[];
}

/** What differs now from what a plan found. Nodes and resources cannot be asked here: they count as they were. */
export function movedSince(plan: PlanRepair, now: readonly DriftFinding[]): Moved {
  const marks = repairMarks(now);
  const onHost = plan.marks.filter((mark) => isOnHost(mark.slice(0, mark.indexOf(":")) as DriftKind));
  return { over: onHost.filter((m) => !marks.includes(m)), fresh: plan.refresh ? marks.filter((m) => !plan.marks.includes(m)) : [] };
}

/** The size or number that is there, as a change of the spec. Null for what the spec has no words for. */
export function adoptedChange(spec: ClusterSpec, f: DriftFinding): SpecChange | null {
  if (!f.adopt || f.machine === null) return null;
  const change = changeOf(spec);
  switch (f.kind) {
    case "machine-memory":
      return withSize(spec, change, f.machine, { memoryMiB: Number(f.found) });
    case "machine-vcpus":
      return withSize(spec, change, f.machine, { vcpus: Number(f.found) });
    case "machine-missing":
    case "disk-missing":
      return { ...withPool(spec, change, f.machine, (pool) => ({ count: pool.count - 1 })), removeFirst: [f.machine] };
    default:
      return null;
  }
}

const withSize = (spec: ClusterSpec, change: SpecChange, machine: string, size: Partial<MachineSize>): SpecChange =>
  isControlPlane(spec, machine)
    ? { ...change, controlPlane: { ...change.controlPlane, ...size } }
    : withPool(spec, change, machine, () => size);

function withPool(spec: ClusterSpec, change: SpecChange, machine: string, to: (pool: PoolInput) => Partial<PoolInput>): SpecChange {
  const name = poolOf(spec, machine)?.name;
  return { ...change, pools: change.pools.map((pool) => (pool.name === name ? { ...pool, ...to(pool) } : pool)) };
}
