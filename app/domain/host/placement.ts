/** On which libvirt host a new cluster is. Decided once: a cluster stays on its host. */
import { type Capacity, judgeCapacity, noCapacity } from "#app/domain/plan/headroom.ts";
import type { HostId, LibvirtHost } from "./libvirt-host.ts";

/** A host as it is now. */
export interface HostOffer {
  readonly host: LibvirtHost;
  /** What all clusters together may have of it; null: its libvirt does not answer. */
  readonly limit: Capacity | null;
  readonly reserved: Capacity;
  /** Whether a network of its address range is free. */
  readonly networkFree: boolean;
}

export const placementReasons = ["closed", "silent", "no-network", "memory", "vcpus", "disk"] as const;
export type PlacementReason = (typeof placementReasons)[number];

/** Why the cluster cannot be on this host. */
export interface HostRefusal {
  readonly hostId: HostId;
  readonly host: string;
  readonly reason: PlacementReason;
}

export type HostChoice = { readonly host: LibvirtHost } | { readonly host: null; readonly refusals: readonly HostRefusal[] };

/** The one host that takes clusters; null where none or several do. */
export function onlyOpenHost(hosts: readonly LibvirtHost[]): LibvirtHost | null {
  const [only, ...others] = hosts.filter((host) => host.state === "open");
  return only !== undefined && others.length === 0 ? only : null;
}

/**
 * Where one host alone takes clusters, that one: a draft reserves nothing, and its plan says what is missing in numbers. Of
 * several, the one with the most memory left of those where the cluster fits; of equals the first by id.
 */
export function chooseHost(offers: readonly HostOffer[], needed: Capacity): HostChoice {
  const open = offers.filter((o) => o.host.state === "open");
  const only = onlyOpenHost(open.map((o) => o.host));
  if (only !== null) return { host: only };
  const fitting = open
    .filter((o) => refusalOf(o, needed) === null)
    .toSorted((a, b) => memoryLeft(b) - memoryLeft(a) || (a.host.id < b.host.id ? -1 : 1));
  const [best] = fitting;
  return best === undefined ? { host: null, refusals: offers.flatMap((o) => refusedBy(o, refusalOf(o, needed))) } : { host: best.host };
}

const refusedBy = ({ host }: HostOffer, reason: PlacementReason | null): readonly HostRefusal[] =>
  reason === null ? [] : [{ hostId: host.id, host: host.name, reason }];

function refusalOf({ host, limit, reserved, networkFree }: HostOffer, needed: Capacity): PlacementReason | null {
  if (host.state === "closed") return "closed";
  if (!networkFree) return "no-network";
  if (limit === null) return "silent";
  const { headroom } = judgeCapacity({ limit, reserved, now: noCapacity, after: needed });
  return headroom.find((row) => row.after > row.limit && row.after > row.before)?.what ?? null;
}

const memoryLeft = ({ limit, reserved }: HostOffer): number => (limit?.memoryMiB ?? 0) - reserved.memoryMiB;
