/** What the spec of a cluster is made from: a person's choices, a blueprint's topology, an operator's settings, public keys. */
import type { HostId } from "#app/domain/host/libvirt-host.ts";
import type { ServiceImages } from "#app/domain/services/chosen.ts";
import type { ServiceKind } from "#app/domain/services/service.ts";
import type { MachineSize } from "./sizes.ts";
import type { ClusterSpec, DistributionId, ImageRef, MachineProfile, Taint } from "./spec.ts";

/** A node pool as a person asks for it. */
export interface PoolInput extends MachineSize {
  readonly name: string;
  readonly count: number;
  readonly diskGiB: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
}

/** How many control planes a blueprint offers. */
export interface ControlPlaneChoice {
  /** In rising order. */
  readonly choices: readonly number[];
  readonly usual: number;
}

/** What a blueprint decides about a cluster, apart from what a person chooses. */
export interface Topology {
  /** Of the blueprint. */
  readonly id: string;
  readonly distribution: DistributionId;
  readonly controlPlanes: ControlPlaneChoice;
  /** The control planes share an address that one of them holds, so that the cluster outlives the loss of one, and can get more of them. */
  readonly virtualEndpoint: boolean;
  /** Whether it has an API server, which a port of the portal then leads to. */
  readonly apiServer: boolean;
  /** False: disks are as large as their image. */
  readonly sizedDisks: boolean;
}

/** What a person chose, checked: the outcome of the cluster form. */
export interface SpecInput {
  readonly name: string;
  readonly kubernetesVersion: string;
  /** Absent: as many as is usual for the blueprint. */
  readonly controlPlanes?: number | undefined;
  /** Each of them. */
  readonly controlPlane: MachineSize & { readonly diskGiB: number };
  readonly pools: readonly PoolInput[];
  readonly authorizedKeys: readonly string[];
  readonly podCidr: string;
  readonly serviceCidr: string;
  /** Ids of add-ons. Absent: none. */
  readonly addOns?: readonly string[];
  /** Kinds of services. Absent: none. */
  readonly services?: readonly string[];
}

/** What of a libvirt host decides addresses. */
export interface AddressSettings {
  /** E.g. `10.91.0.0/16`. */
  readonly networkRange: string;
  /** First published port. */
  readonly portBase: number;
}

/** Public halves of what the key maker made. */
export interface PublicKeys {
  readonly portalKey: string;
  /** machine name → public SSH host key; at least for every machine of the spec. */
  readonly hostKeys: Readonly<Record<string, string>>;
  readonly caCertHash: string;
}

export interface SpecRequest extends ServiceRegistry {
  readonly clusterId: string;
  readonly tenantId: string;
  /** On which it is to be; `settings` are those of this host. */
  readonly hostId: HostId;
  readonly topology: Topology;
  readonly input: SpecInput;
  readonly networkIndex: number;
  readonly settings: AddressSettings;
  readonly image: ImageRef;
  readonly profile: MachineProfile;
  /** Names and addresses people reach the API server by. */
  readonly apiServerNames: readonly string[];
  readonly keys: PublicKeys;
}

/** What services of a cluster are made from. */
export interface ServiceRegistry {
  /** Absent: those that Berth has. */
  readonly serviceKinds?: readonly ServiceKind[] | undefined;
  /** Image of each kind that a new service asks for. Absent: none asks. */
  readonly serviceImages?: ServiceImages | undefined;
}

/** What can change in a cluster that lives; see change-classes.ts. */
export interface SpecChange {
  readonly name: string;
  /** Absent: as many as there are. */
  readonly controlPlanes?: number | undefined;
  readonly controlPlane: MachineSize;
  /** All pools that there are to be. A pool that is left out goes with its machines. */
  readonly pools: readonly PoolInput[];
  /** Ids of all add-ons that there are to be. One that is left out is removed. Absent: they stay as they are. */
  readonly addOns?: readonly string[];
  /** Kinds of all services that there are to be. One that is left out goes with its machines. Absent: they stay as they are. */
  readonly services?: readonly string[];
  /** Names of workers that a person wants removed. */
  readonly remove?: readonly string[];
  /** Names of workers in the order in which they are proposed for removal when a pool is to have fewer. */
  readonly removeFirst?: readonly string[];
}

export interface Revision extends ServiceRegistry {
  /** Newest revision written. */
  readonly previous: ClusterSpec;
  /**
   * The revision that is alive, or null when none came to life. A machine that lives keeps everything it has, even
   * when a discarded revision in between had dropped it.
   */
  readonly live: ClusterSpec | null;
  readonly change: SpecChange;
  readonly networkIndex: number;
  readonly settings: AddressSettings;
  /** machine name → public host key of machines that may be added. */
  readonly hostKeys: Readonly<Record<string, string>>;
}

export interface DraftRevision extends SpecRequest {
  readonly previous: ClusterSpec;
}
