/**
 * Rows of a teardown's plan: besides what the engine's state knows, what the libvirt host still has of the cluster. A state
 * that is lost, or older than a machine, says nothing of it, and the teardown removes it all the same.
 */
import type { Owner } from "#app/domain/cluster/ownership.ts";
import { type ClusterSpec, networkOf } from "#app/domain/cluster/spec.ts";
import { clusterStepName, machineStepName, type StepTable, stepTable } from "#app/domain/cluster/steps.ts";
import { volumesOf } from "#app/domain/drift/find-drift.ts";
import type { PlanRow } from "./plan.ts";
import { classifyRow } from "./rows.ts";

/** What on the host is provably the cluster's. */
export interface OwnedOnHost {
  readonly machines: readonly { readonly name: string; readonly owner: Owner | null }[];
  readonly networks: readonly { readonly name: string }[];
  readonly pools: readonly { readonly name: string }[];
  readonly volumes: readonly { readonly name: string }[];
}

const types = {
  machine: "libvirt:index/domain:Domain",
  network: "libvirt:index/network:Network",
  pool: "libvirt:index/pool:Pool",
  volume: "libvirt:index/volume:Volume",
} as const;

/** `found`: the engine's rows. `specs`: the cluster's revisions, at least one. */
export function withHostRows(found: readonly PlanRow[], owned: OwnedOnHost, specs: readonly ClusterSpec[]): readonly PlanRow[] {
  const known = new Set(found.map((row) => row.name));
  return [...found, ...hostRows(owned, specs).filter((row) => !known.has(row.name))];
}

function hostRows(owned: OwnedOnHost, specs: readonly ClusterSpec[]): readonly PlanRow[] {
  const table = stepTable(specs);
  const [key = ""] = specs.map((s) => networkOf(s).key);
  const volumeSteps = new Map(
    specs.flatMap((s) => s.machines.flatMap((m) => volumesOf(m).map((v) => [v.name, machineStepName(m.name, v.step)] as const))),
  );
  return [
    ...owned.machines.map((m) => removal(table, "machine", m.name, machineStepName(m.owner?.machine || m.name, "machine"))),
    ...owned.volumes.map((v) => removal(table, "volume", v.name, volumeSteps.get(v.name) ?? v.name)),
    ...owned.networks.map((n) => removal(table, "network", n.name, clusterStepName(key, "network"))),
    ...owned.pools.map((p) => removal(table, "pool", p.name, clusterStepName(key, "pool"))),
  ];
}

/** `onHost`: its name in libvirt. `name`: as the program calls the resource that made it. */
function removal(table: StepTable, kind: keyof typeof types, onHost: string, name: string): PlanRow {
  const raw = { type: types[kind], name, change: "delete", changed: [] } as const;
  return { urn: `urn:berth:host::${kind}::${onHost}`, ...raw, ...classifyRow(table, raw) };
}
