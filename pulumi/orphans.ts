/**
 * What a run left on the libvirt host without a record in the stack's state. Only what provably belongs to the cluster
 * counts: a machine that is merely called like one of ours is somebody else's.
 */
import { belonging } from "#app/domain/cluster/ownership.ts";
import type { Leftover } from "#app/domain/operation/recovery.ts";
import { sentenceOf } from "#app/domain/sentences.ts";
import type { Hypervisor, Inventory } from "#app/ports/hypervisor.ts";
import type { StackRecords, StackRun } from "#app/ports/stack-engine.ts";
import { readState, stackFiles, type StackState } from "./stack-files.ts";

/** Everything of the cluster's that the state does not own, users before what they use. Pure. */
export function findLeftovers(inventory: Inventory, run: Pick<StackRun, "kind" | "spec" | "machineHost">, state: StackState | null): readonly Leftover[] {
  const owned = ownedBy(state);
  const ours = belonging(inventory, run.spec, run.machineHost.poolRoot);
  const all: readonly Leftover[] = [
    ...ours.machines.map(({ name }) => ({ kind: "machine", name }) as const),
    ...ours.volumes.map(({ pool, name }) => ({ kind: "volume", pool, name }) as const),
    ...ours.networks.map(({ name }) => ({ kind: "network", name }) as const),
    ...ours.pools.map(({ name }) => ({ kind: "pool", name }) as const),
  ];
  // Of a network that is to stay; one that goes takes its bridge along.
  const bridges = ours.networks.filter((n) => n.bridgeLeft && owned.has(`network ${n.name}`)).map(({ name }) => ({ kind: "bridge", name }) as const);
  // Only what is to go anyway: elsewhere a folder that is not there may be a disk that is not mounted, with machines on it.
  const halfPools = ours.pools.filter((p) => run.kind === "destroy" && p.folderGone && owned.has(`pool ${p.name}`)).map(({ name }) => ({ kind: "half-pool", name }) as const);
  return [...all.filter((l) => !owned.has(keyOf(l))), ...bridges, ...halfPools];
}

const keyOf = (l: Leftover): string => (l.kind === "volume" ? `volume ${l.pool}/${l.name}` : `${l.kind} ${l.name}`);

const kinds: Readonly<Record<string, Leftover["kind"]>> = { Domain: "machine", Volume: "volume", Network: "network", Pool: "pool" };

/** Keys of everything on the host that the state knows as its own. */
export function ownedBy(state: StackState | null): ReadonlySet<string> {
  const owned = new Set<string>();
  for (const r of state?.resources ?? []) {
    const kind = kinds[/^libvirt:.*:(\w+)$/.exec(r.type)?.[1] ?? ""];
    const name = r.outputs?.name;
    if (kind === undefined || typeof name !== "string") continue;
    owned.add(kind === "volume" ? `volume ${String(r.outputs?.pool ?? "default")}/${name}` : `${kind} ${name}`);
  }
  return owned;
}

/** Absent is fine. A pool that is only half there is made whole: then the engine can remove it. */
export function removeLeftover(hypervisor: Hypervisor, l: Leftover): Promise<void> {
  switch (l.kind) {
    case "volume":
      return hypervisor.removeVolume(l.pool, l.name);
    case "half-pool":
      return hypervisor.completePool(l.name);
    case "machine":
    case "network":
    case "pool":
    case "bridge":
      return hypervisor.remove(l.kind, l.name);
  }
}

const words = { machine: "machine", volume: "disk", network: "network", pool: "storage pool" } as const;

export function removalNote(l: Leftover): string {
  switch (l.kind) {
    case "bridge":
      return sentenceOf("bridge-removed", { name: l.name });
    case "half-pool":
      return sentenceOf("pool-completed", { name: l.name });
    case "machine":
    case "volume":
    case "network":
    case "pool":
      return sentenceOf("leftover-removed", { thing: `${words[l.kind]} ${l.name}` });
  }
}

/** For looks from outside a run. A state that is torn or being written rejects: then nothing can be said. */
export const stackRecords = (home: string): StackRecords => ({
  owned: async (tenantId, stackName) => ownedBy(await readState(stackFiles(home, tenantId, stackName))),
});
