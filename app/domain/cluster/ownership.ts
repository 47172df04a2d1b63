/**
 * Whose a thing on the libvirt host is. Machines and networks carry an owner in their definition, written in the same
 * step that makes them; pools and volumes cannot, so they are ours by where they lie. A name alone proves nothing:
 * anybody may call a machine like one of ours.
 */
import type { ClusterSpec } from "./spec.ts";

export const ownerNamespace = "urn:berth:owner:1";

/** Pools of images carry no owner either: their names do. */
export const imagePoolPrefix = "berth-image-";
export const imagePoolName = (contentHash: string): string => `${imagePoolPrefix}${contentHash.slice(0, 12)}`;

export interface Owner {
  readonly tenantId: string;
  readonly clusterId: string;
  readonly stackName: string;
  /** Name of the machine; empty for what the machines share. */
  readonly machine: string;
}

/** What is known of a host, as far as ownership goes. */
interface OnHost {
  readonly machines: readonly { readonly name: string; readonly owner: Owner | null }[];
  readonly networks: readonly { readonly name: string; readonly owner: Owner | null }[];
  readonly pools: readonly { readonly name: string; readonly folder: string }[];
  readonly volumes: readonly { readonly pool: string; readonly name: string }[];
}

type Owning = Pick<ClusterSpec, "tenantId" | "clusterId" | "prefix">;

/** The part of the inventory that is provably this cluster's. `poolRoot`: folder below which pools of stacks lie. */
export function belonging<T extends OnHost>(inventory: T, cluster: Owning, poolRoot: string): T {
  const owns = ({ owner }: { readonly owner: Owner | null }) => owner !== null && isOwner(owner, cluster);
  const pools = inventory.pools.filter((p) => p.name === cluster.prefix && p.folder === `${poolRoot}/${cluster.prefix}`);
  const own = (v: { readonly pool: string; readonly name: string }) =>
    pools.some((p) => p.name === v.pool) && v.name.startsWith(`${cluster.prefix}-`);
  return {
    ...inventory,
    machines: inventory.machines.filter(owns),
    networks: inventory.networks.filter(owns),
    pools,
    volumes: inventory.volumes.filter(own),
  };
}

export const isOwner = (owner: Owner, cluster: Pick<Owning, "tenantId" | "clusterId">): boolean =>
  owner.clusterId === cluster.clusterId && owner.tenantId === cluster.tenantId;
