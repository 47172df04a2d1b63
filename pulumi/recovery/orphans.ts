/**
 * What a run left on the libvirt host without a record in the stack's state. Only what provably belongs to the cluster
 * counts: a machine that is merely called like one of ours is somebody else's.
 */
import { belonging } from "#app/domain/cluster/ownership.ts";
import type { Gone, Leftover } from "#app/domain/operation/recovery.ts";
import type { Thing } from "#app/domain/message/codes.ts";
import { type Message, message } from "#app/domain/message/message.ts";
import type { Hypervisor, Inventory } from "#app/ports/hypervisor.ts";
import type { StackRecords, RunRequest } from "#app/ports/stack-engine.ts";
import { readState, stackFiles, type StackState, type StateResource } from "#pulumi/stack/stack-files.ts";

/** Everything of the cluster's that the state does not own, users before what they use. Pure. */
export function findLeftovers(
  inventory: Inventory,
  run: Pick<RunRequest, "kind" | "spec" | "machineHost">,
  state: StackState | null,
): readonly Leftover[] {
  const owned = ownedBy(state);
  const ours = belonging(inventory, run.spec, run.machineHost.poolRoot);
  const all: readonly Leftover[] = [
    ...ours.machines.map(({ name }) => ({ kind: "machine", name }) as const),
    ...ours.volumes.map(({ pool, name }) => ({ kind: "volume", pool, name }) as const),
    ...ours.networks.map(({ name }) => ({ kind: "network", name }) as const),
    ...ours.pools.map(({ name }) => ({ kind: "pool", name }) as const),
  ];
  // Of a network that is to stay; one that goes takes its bridge along.
  const bridges = ours.networks
    .filter((n) => n.bridgeLeft && owned.has(`network ${n.name}`))
    .map(({ name }) => ({ kind: "bridge", name }) as const);
  return [...all.filter((l) => !owned.has(keyOf(l))), ...bridges];
}

const keyOf = (l: Leftover): string => (l.kind === "volume" ? `volume ${l.pool}/${l.name}` : `${l.kind} ${l.name}`);

/** Everything that the state has and the host has not. Pure. */
export function findGone(inventory: Inventory, run: Pick<RunRequest, "spec" | "machineHost">, state: StackState | null): readonly Gone[] {
  const { machines, networks, pools, volumes } = belonging(inventory, run.spec, run.machineHost.poolRoot);
  const there = new Set([
    ...machines.map(({ name }) => keyOf({ kind: "machine", name })),
    ...networks.map(({ name }) => keyOf({ kind: "network", name })),
    ...pools.map(({ name }) => keyOf({ kind: "pool", name })),
    ...volumes.map(({ pool, name }) => keyOf({ kind: "volume", pool, name })),
  ]);
  return thingsIn(state).flatMap(({ kind, name, key, urn }) => (there.has(key) ? [] : [{ kind, name, urn }]));
}

const kinds: Readonly<Record<string, Gone["kind"]>> = { Domain: "machine", Volume: "volume", Network: "network", Pool: "pool" };

/** What the state knows as its own on the host. */
export const thingsIn = (state: StackState | null): readonly (Gone & { readonly key: string })[] =>
  (state?.resources ?? []).flatMap((r) => thingOf(r) ?? []);

function thingOf({ type, outputs, urn }: StateResource): (Gone & { readonly key: string }) | null {
  const kind = kinds[/^libvirt:.*:(\w+)$/.exec(type)?.[1] ?? ""];
  const name = outputs?.name;
  if (kind === undefined || typeof name !== "string") return null;
  const key = kind === "volume" ? keyOf({ kind, pool: String(outputs?.pool ?? "default"), name }) : keyOf({ kind, name });
  return { kind, name, urn, key };
}

/** Keys of everything on the host that the state knows as its own. */
export const ownedBy = (state: StackState | null): ReadonlySet<string> => new Set(thingsIn(state).map(({ key }) => key));

/** Absent is fine. */
export function removeLeftover(hypervisor: Hypervisor, l: Leftover): Promise<void> {
  switch (l.kind) {
    case "volume":
      return hypervisor.removeVolume(l.pool, l.name);
    case "machine":
    case "network":
    case "pool":
    case "bridge":
      return hypervisor.remove(l.kind, l.name);
  }
}

const thingOfKind = { machine: "machine", volume: "disk", network: "network", pool: "pool", bridge: "network" } as const satisfies Readonly<
  Record<Leftover["kind"], Thing>
>;

export function removalNote(l: Leftover): Message {
  switch (l.kind) {
    case "bridge":
      return message("bridge-removed", { name: l.name });
    case "machine":
    case "volume":
    case "network":
    case "pool":
      return message("leftover-removed", { what: thingOfKind[l.kind], name: l.name });
  }
}

/** Of a thing that was removed without the engine. */
export const directRemovalNote = ({ kind, name }: Leftover): Message => message("removed-directly", { what: thingOfKind[kind], name });

export const poolNote = (name: string): Message => message("pool-opened", { name });

export const goneNote = ({ kind, name }: Gone): Message => message("gone-already", { what: thingOfKind[kind], name });

/** For looks from outside a run. A state that is torn or being written rejects: then nothing can be said. */
export const stackRecords = (home: string): StackRecords => ({
  owned: async (tenantId, stackName) => ownedBy(await readState(stackFiles(home, tenantId, stackName))),
});
