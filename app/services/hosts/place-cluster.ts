/** Asks what every libvirt host has left, and has it decided on which one a new cluster is. */
import { type HostId, type LibvirtHost, networksOf } from "#app/domain/host/libvirt-host.ts";
import { chooseHost, type HostOffer, onlyOpenHost } from "#app/domain/host/placement.ts";
import { type Capacity, noCapacity } from "#app/domain/plan/headroom.ts";
import { Problem } from "#app/domain/problem.ts";
import type { ClusterStore } from "#app/ports/cluster-store.ts";
import type { HostStore } from "#app/ports/hosts/host-store.ts";
import type { HostCapacity } from "#app/ports/hypervisor.ts";
import { limitFrom } from "./host-limit.ts";

export interface PlacementDeps {
  readonly clusters: Pick<ClusterStore, "reserved" | "nextNetwork">;
  readonly hosts: Pick<HostStore, "list">;
  /** Null while libvirt on it does not answer. */
  readonly capacity: (hostId: HostId) => Promise<HostCapacity | null>;
}

/** Problems: range-exhausted, no-host. */
export async function placeCluster(deps: PlacementDeps, needed: Capacity): Promise<LibvirtHost> {
  const hosts = await deps.hosts.list();
  // No libvirt is waited for where there is nothing to choose.
  const only = onlyOpenHost(hosts);
  if (only !== null) return only;
  const choice = chooseHost(await Promise.all(hosts.map((host) => offerOf(deps, host))), needed);
  if (choice.host !== null) return choice.host;
  const exhausted = choice.refusals.length > 0 && choice.refusals.every((r) => r.reason === "no-network");
  throw new Problem(exhausted ? { code: "range-exhausted" } : { code: "no-host", hosts: choice.refusals });
}

/** For what is shown before anybody knows what the cluster takes: also where no host takes one, there is one to show. */
export async function proposeHost(deps: PlacementDeps): Promise<LibvirtHost> {
  const hosts = await deps.hosts.list();
  const [first] = hosts;
  if (first === undefined) throw new Error("proposing a libvirt host: none is registered");
  const only = onlyOpenHost(hosts);
  if (only !== null) return only;
  return chooseHost(await Promise.all(hosts.map((host) => offerOf(deps, host))), noCapacity).host ?? first;
}

async function offerOf({ clusters, capacity }: PlacementDeps, host: LibvirtHost): Promise<HostOffer> {
  const [seen, reserved] = [await capacity(host.id), await clusters.reserved(host.id)];
  return {
    host,
    limit: seen === null ? null : limitFrom(seen, host.memoryReserveMiB),
    reserved,
    networkFree: (await clusters.nextNetwork(host.id, networksOf(host))) !== null,
  };
}
