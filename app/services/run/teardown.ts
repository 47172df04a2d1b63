/**
 * After a destroy: removes what only Berth knew of (state, keys), looks for everything the cluster ever had, and writes
 * down for each whether it is really gone and how that was seen.
 */
import { type ClusterSpec, networkOf } from "#app/domain/cluster/spec.ts";
import { clusterKeys, type Receipt, type ReceiptRow } from "#app/ports/cluster-store.ts";
import type { Inventory } from "#app/ports/hypervisor.ts";
import { belonging } from "#app/domain/cluster/ownership.ts";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import { type Message, message } from "#app/domain/message/message.ts";
import type { PlanRow } from "#app/domain/plan/plan.ts";
import { withHostRows } from "#app/domain/plan/teardown-rows.ts";
import type { MachineHost } from "#app/ports/stack-engine.ts";
import type { RunPorts } from "./run-parts.ts";
import { wholeJournal } from "#app/services/whole-journal.ts";

/** What is torn down, and for whom. */
export interface Teardown {
  readonly ports: RunPorts;
  readonly operation: Operation;
  readonly cluster: Cluster;
  readonly order: { readonly spec: ClusterSpec; readonly machineHost: MachineHost };
}

export const isAllGone = (receipt: Receipt): boolean => receipt.rows.every((r) => r.gone);

/** What a teardown removes: what the engine found in its state, and what else the host has of the cluster. */
export async function teardownRows(run: Teardown, found: readonly PlanRow[]): Promise<readonly PlanRow[]> {
  return withHostRows(found, await ownedOnHost(run), await everySpec(run));
}

const ownedOnHost = async ({ ports: { hypervisors }, order: { spec, machineHost } }: Teardown): Promise<Inventory> =>
  belonging(await hypervisors.of(spec.hostId).inventory(spec.prefix), spec, machineHost.poolRoot);

/** `holds` rejects when another one has the stack by now: nothing is removed then. */
export async function proveTeardown(run: Teardown, holds: () => Promise<void>): Promise<Receipt> {
  const { ports, operation, order } = run;
  await holds();
  const left = await clearLeftovers(run);
  const goneBefore = await goneBeforeTeardown(run);
  const onHost = [...hostRows(await everySpec(run), left), ...(await fileRows(run))].map((r) =>
    r.gone && goneBefore.has(thingIn(r)) ? { ...r, proof: message("gone-before") } : r,
  );
  await holds();
  const rows = [...onHost, ...(onHost.every((r) => r.gone) ? await forgetEverything(run) : [stateKept(order.spec)])];
  return { operationId: operation.id, at: ports.now(), by: operation.requestedByName, rows };
}

/**
 * What the engine did not know of any more and is provably the cluster's is removed here. Returns what then is left; a
 * machine of somebody else's is nobody's business, however it is called.
 */
async function clearLeftovers(run: Teardown): Promise<Inventory> {
  const hypervisor = run.ports.hypervisors.of(run.order.spec.hostId);
  const found = await ownedOnHost(run);
  if (isEmpty(found)) return found;
  for (const m of found.machines) await hypervisor.remove("machine", m.name);
  for (const v of found.volumes) await hypervisor.removeVolume(v.pool, v.name);
  for (const n of found.networks) await hypervisor.remove("network", n.name);
  for (const p of found.pools) await hypervisor.remove("pool", p.name);
  return await ownedOnHost(run);
}

/** What the run found to be gone already, by kind and name. */
async function goneBeforeTeardown({ ports, operation }: Teardown): Promise<ReadonlySet<string>> {
  const things = new Set<string>();
  for await (const event of wholeJournal(ports.journal, operation.id)) {
    if (event.kind !== "recovery") continue;
    for (const { code, params } of event.did) if (code === "gone-already") things.add(`${String(params.what)} ${String(params.name)}`);
  }
  return things;
}

/** As {@link goneBeforeTeardown} has it. */
const thingIn = ({ what, name }: ReceiptRow): string => `${what} ${name}`;

const isEmpty = (i: Inventory): boolean => i.machines.length + i.networks.length + i.pools.length + i.volumes.length === 0;

/** All revisions: a machine that an earlier one had is looked for as well. */
export async function everySpec({ ports, cluster, order }: Teardown): Promise<readonly ClusterSpec[]> {
  const refs = Array.from({ length: cluster.revision }, (_, i) => ({ clusterId: cluster.id, revision: i + 1 }));
  return [order.spec, ...(await ports.clusters.specs(refs))];
}

function hostRows(specs: readonly ClusterSpec[], left: Inventory): readonly ReceiptRow[] {
  const machines = names(
    specs.flatMap((s) => s.machines.map((m) => m.libvirtName)),
    left.machines.map((m) => m.name),
  );
  const networks = names(
    specs.flatMap((s) => s.networks.map((n) => n.name)),
    left.networks.map((n) => n.name),
  );
  const pools = names(
    specs.map((s) => s.prefix),
    left.pools.map((p) => p.name),
  );
  const volumes = names(
    specs.flatMap((s) => s.machines.flatMap((m) => [`${m.libvirtName}.qcow2`, `${m.libvirtName}-seed.iso`])),
    left.volumes.map((v) => v.name),
  );
  return [
    ...machines.map(row("machine", left.machines, message("no-machine"))),
    ...volumes.map(row("disk", left.volumes, message("no-disk"))),
    ...networks.map(row("network", left.networks, message("no-network"))),
    ...pools.map(row("pool", left.pools, message("no-pool"))),
  ];
}

const names = (...lists: readonly (readonly string[])[]): readonly string[] => [...new Set(lists.flat())].sort();

const row =
  (what: ReceiptRow["what"], left: readonly { readonly name: string }[], proof: Message) =>
  (name: string): ReceiptRow => {
    const gone = !left.some((l) => l.name === name);
    return { what, name, gone, proof: gone ? proof : message("still-listed") };
  };

async function fileRows({ ports, order }: Teardown): Promise<readonly ReceiptRow[]> {
  const { machineHost, spec } = order;
  const consoles = spec.machines.map((m) => `${machineHost.consoleFolder}/${m.libvirtName}-serial.log`);
  const paths = [`${machineHost.poolRoot}/${spec.prefix}`, ...consoles];
  return await Promise.all(
    paths.map(async (path): Promise<ReceiptRow> => {
      const gone = !(await ports.exists(spec.hostId, path));
      return { what: "file", name: path, gone, proof: message(gone ? "no-path" : "still-path") };
    }),
  );
}

const stateKept = (spec: ClusterSpec): ReceiptRow => ({
  what: "state",
  name: spec.stackName,
  gone: false,
  proof: message("state-kept"),
});

async function forgetEverything({ ports, cluster, order }: Teardown): Promise<readonly ReceiptRow[]> {
  const { spec } = order;
  const files = await ports.engine.forget(cluster.tenantId, spec.stackName);
  await ports.secrets.removeCluster(cluster.id);
  const secretsGone = (await ports.secrets.clusterSecrets(cluster.tenantId, cluster.id)) === null;
  return [
    { what: "state", name: spec.stackName, gone: true, proof: message("state-removed", { count: files.length }) },
    { what: "secret", name: clusterKeys, gone: secretsGone, proof: message("no-secret") },
    { what: "address", name: networkOf(spec).cidr, gone: true, proof: message("address-free") },
  ];
}
