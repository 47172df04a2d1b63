/**
 * The desired cluster: an immutable, numbered revision in which every name, address, size, version and public key is
 * already decided. The program turns it into resources without choosing anything.
 */
import type { AddOnSpec } from "#app/domain/add-ons/add-on.ts";
import type { HostId } from "#app/domain/host/libvirt-host.ts";
import type { PowerHours } from "#app/domain/power/power-hours.ts";
import type { ServiceSpec } from "#app/domain/services/service.ts";

/** Of machines that are nodes of Kubernetes. */
export const nodeRoles = ["control-plane", "worker"] as const;
export type NodeRole = (typeof nodeRoles)[number];

/** `service`: a machine that is no node and gives the cluster a service. */
export const machineRoles = [...nodeRoles, "service"] as const;
export type MachineRole = (typeof machineRoles)[number];

/** What an image is made for. */
export type ImageKind = "node" | "tiny";

/** How the guest runs. `emulated` carries the tuning that only TCG needs; it is shown in the plan. */
export type MachineProfile = "emulated" | "accelerated";

/**
 * How a machine's definition names its disks: by file, which the host's security drivers (AppArmor, SELinux) can follow
 * to the image below it, or by pool and volume, as clusters of earlier versions do.
 */
export type DiskSource = "file" | "volume";

export interface DiskSpec {
  /** Null: as large as its image. */
  readonly gib: number | null;
  readonly source: DiskSource;
}

export interface InterfaceSpec {
  /** Key of a network of the same spec. */
  readonly network: string;
  /** Lower-case, `52:54:00:…`. */
  readonly mac: string;
  /** IPv4 without prefix length. */
  readonly address: string;
}

export interface MachineSpec {
  /**
   * Unique in the cluster: `cp0`, `w1`. Also its host name, and the name of its node in Kubernetes, if it is one. Nothing is read
   * out of it.
   */
  readonly name: string;
  /** Unique on the libvirt host: `<prefix>-<name>`. */
  readonly libvirtName: string;
  readonly role: MachineRole;
  /** Name of the node pool that it is in; null for a machine that is in none. */
  readonly pool: string | null;
  readonly image: ImageRef;
  readonly vcpus: number;
  readonly memoryMiB: number;
  /** The first is the root disk. */
  readonly disks: readonly DiskSpec[];
  /** The first is how Berth and the other machines reach it. */
  readonly interfaces: readonly InterfaceSpec[];
  /** Public half of the pinned SSH host key, OpenSSH one-line form without comment. */
  readonly sshHostKey: string;
  /** The revision that introduced this machine: machines of revision 1 join with the token that init makes. */
  readonly sinceRevision: number;
}

export interface NetworkSpec {
  /** Unique in the cluster. Nothing is read out of it. */
  readonly key: string;
  /** Name of the libvirt network, unique on the host. */
  readonly name: string;
  /** Bridge device, at most 15 characters, e.g. `berth7`. */
  readonly bridge: string;
  /** The /24 of the machines, e.g. `10.91.7.0/24`. */
  readonly cidr: string;
  readonly gateway: string;
  readonly reach: "nat";
}

export interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

/** Workers of the same size, made for the same purpose. */
export interface NodePoolSpec {
  /** RFC 1123 label, unique in the cluster. */
  readonly name: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  /** Of machines that are added to the pool; those that are in it keep their disk. */
  readonly diskGiB: number;
  /** Names of its machines: who is in the pool, and how many. */
  readonly nodes: readonly string[];
  /** Labels that Berth sets on its nodes, besides those that Kubernetes sets. */
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
}

/** What happens at init and join; `kubeadm` is the only one that Berth itself has. */
export type DistributionId = string;

/** An address of the cluster's own network. */
export interface EndpointSpec {
  readonly address: string;
  readonly port: number;
  /** No machine has this address for itself: the control planes hold it in turn. Absent: it is the first control plane's own. */
  readonly virtual?: true | undefined;
}

export interface KubernetesSpec {
  /** Unique in the cluster. Nothing is read out of it. */
  readonly key: string;
  readonly distribution: DistributionId;
  readonly version: string;
  /** Where its API server is reached by its own machines; null: it has none. */
  readonly endpoint: EndpointSpec | null;
  /** Names and addresses the API server's certificate is valid for, besides the machine's own. */
  readonly serverNames: readonly string[];
  /** Names of machines; the first is the one that is initialised. */
  readonly controlPlane: readonly string[];
  readonly pools: readonly NodePoolSpec[];
  readonly podCidr: string;
  readonly serviceCidr: string;
  /** `sha256:…` of the cluster CA's public key, pinned by joining nodes. */
  readonly caCertHash: string;
  /**
   * How often the control plane's certificates were renewed: a higher number renews them. Absent in a cluster that an
   * earlier version made, until its first renewal.
   */
  readonly certificates?: { readonly renewed: number } | undefined;
}

/** A port on the portal's side that leads to a machine's port, or to that of the Kubernetes endpoint. */
export interface Publication {
  readonly port: number;
  /** Name of the machine; null: the endpoint, whichever machine holds it. */
  readonly machine: string | null;
  readonly target: number;
  readonly purpose: "api" | "ssh";
}

export const powers = ["on", "saved"] as const;
/** `saved`: the machines' memory lies on the host's disk, and none of them runs. */
export type Power = (typeof powers)[number];

export interface ImageRef {
  readonly name: string;
  /** Content hash of the image; the program resolves it to a folder. */
  readonly contentHash: string;
}

export interface ClusterSpec {
  readonly schema: 2;
  readonly clusterId: string;
  readonly tenantId: string;
  /** RFC 1123 label, unique in its tenant. A person's word for it: nothing on the host is called by it. */
  readonly name: string;
  readonly revision: number;
  /** Id of a blueprint definition. */
  readonly blueprint: string;
  /** Libvirt host on which everything of the cluster is. */
  readonly hostId: HostId;
  readonly profile: MachineProfile;
  /** Start of every libvirt name of this stack; unique on the host, e.g. `b7k3f9a`. */
  readonly prefix: string;
  /** Pulumi stack name, unique in the tenant's backend. */
  readonly stackName: string;
  /** At least one; the first is the one that all machines are on. */
  readonly networks: readonly NetworkSpec[];
  /** Control planes first; workers follow in the order of their addresses, then service machines in the order of the services. */
  readonly machines: readonly MachineSpec[];
  readonly kubernetes: readonly KubernetesSpec[];
  /** What machines that are no nodes give the cluster. Absent: nothing. */
  readonly services?: readonly ServiceSpec[] | undefined;
  /** In the order in which they are put in. Absent: none. */
  readonly addOns?: readonly AddOnSpec[] | undefined;
  readonly published: readonly Publication[];
  /** Public SSH keys that may enter the machines besides the portal's own. */
  readonly authorizedKeys: readonly string[];
  /** Public half of the portal's own key for this cluster. */
  readonly portalKey: string;
  /** Absent: on. */
  readonly power?: Power | undefined;
  /**
   * The revision that was saved before the cluster was last woken: another number wakes it. Absent: it was never woken. Machines
   * of later revisions were made after that.
   */
  readonly wokenFrom?: number | undefined;
  /** Hours of the week in which it is on. Absent: it is saved and woken by people alone. */
  readonly powerHours?: PowerSchedule | undefined;
}

export interface PowerSchedule extends PowerHours {
  /** Id of the person who set them, in whose name the cluster is saved and woken. */
  readonly setBy: string;
}

/** Kept in the secret store, one document per cluster; never part of a spec, an event or an argument list. */
export interface ClusterSecrets {
  /** The portal's private SSH key for this cluster, OpenSSH PEM. */
  readonly portalPrivateKey: string;
  /** machine name → private SSH host key, OpenSSH PEM. */
  readonly hostKeys: Readonly<Record<string, string>>;
  /** machine name → kubeadm bootstrap token `[a-z0-9]{6}.[a-z0-9]{16}` of each worker. */
  readonly bootstrapTokens: Readonly<Record<string, string>>;
  readonly pki: ClusterPki;
}

/** PEM documents, ECDSA P-256, laid into /etc/kubernetes/pki before init. */
export interface ClusterPki {
  readonly caCert: string;
  readonly caKey: string;
  readonly etcdCaCert: string;
  readonly etcdCaKey: string;
  readonly frontProxyCaCert: string;
  readonly frontProxyCaKey: string;
  readonly serviceAccountKey: string;
  readonly serviceAccountPublicKey: string;
}

export const powerOf = (spec: Pick<ClusterSpec, "power">): Power => spec.power ?? "on";
export const isSaved = (spec: Pick<ClusterSpec, "power">): boolean => powerOf(spec) === "saved";

export const machineNamed = (spec: Pick<ClusterSpec, "machines">, name: string): MachineSpec => {
  const found = spec.machines.find((m) => m.name === name);
  if (!found) throw new Error(`the spec has no machine ${name}`);
  return found;
};

const first = <T>(things: readonly T[], what: string): T => {
  const [found] = things;
  if (found === undefined) throw new Error(`the spec has no ${what}`);
  return found;
};

export const rootDiskOf = (m: MachineSpec): DiskSpec => first(m.disks, `disk for ${m.name}`);
/** What it takes of its host. A disk that is as large as its image counts for nothing. */
export const amountsOf = ({ vcpus, memoryMiB, disks }: MachineSpec) => ({
  vcpus,
  memoryMiB,
  diskGiB: disks.reduce((sum, d) => sum + (d.gib ?? 0), 0),
});
/** How Berth and the other machines reach it. */
export const interfaceOf = (m: MachineSpec): InterfaceSpec => first(m.interfaces, `network interface for ${m.name}`);
export const addressOf = (m: MachineSpec): string => interfaceOf(m).address;
export const networkOf = (spec: Pick<ClusterSpec, "networks">): NetworkSpec => first(spec.networks, "network");
export const kubernetesOf = (spec: Pick<ClusterSpec, "kubernetes">): KubernetesSpec => first(spec.kubernetes, "Kubernetes");
export const hasApiServer = (spec: Pick<ClusterSpec, "kubernetes">): boolean => spec.kubernetes.some((k) => k.endpoint !== null);

export const controlPlanesOf = (spec: ClusterSpec): readonly MachineSpec[] =>
  kubernetesOf(spec).controlPlane.map((name) => machineNamed(spec, name));
/** The one that is initialised, and where commands about the whole cluster run. */
export const controlPlaneOf = (spec: ClusterSpec): MachineSpec => first(controlPlanesOf(spec), "control plane");
export const endpointOf = (spec: Pick<ClusterSpec, "kubernetes">): EndpointSpec => {
  const { endpoint } = kubernetesOf(spec);
  if (endpoint === null) throw new Error("the spec has no Kubernetes endpoint");
  return endpoint;
};
/** The API server stays at its address when one of several control planes is down. */
export const hasVirtualEndpoint = (spec: Pick<ClusterSpec, "kubernetes">): boolean => kubernetesOf(spec).endpoint?.virtual === true;
export const workersOf = (spec: ClusterSpec): readonly MachineSpec[] =>
  kubernetesOf(spec).pools.flatMap((pool) => pool.nodes.map((name) => machineNamed(spec, name)));
export const poolsOf = (spec: ClusterSpec): readonly NodePoolSpec[] => kubernetesOf(spec).pools;
export const isControlPlane = (spec: ClusterSpec, name: string): boolean => spec.kubernetes.some((k) => k.controlPlane.includes(name));
/** The pool that this machine is in; undefined for one that is in none. */
export const poolOf = (spec: ClusterSpec, name: string): NodePoolSpec | undefined =>
  spec.kubernetes.flatMap((k) => k.pools).find((pool) => pool.nodes.includes(name));

/** A node of Kubernetes: not a service machine. */
export const isNode = (spec: ClusterSpec, name: string): boolean => isControlPlane(spec, name) || poolOf(spec, name) !== undefined;
/** Machines that are nodes of Kubernetes. */
export const nodesOf = (spec: ClusterSpec): readonly MachineSpec[] => spec.machines.filter((m) => isNode(spec, m.name));

export const servicesOf = (spec: Pick<ClusterSpec, "services">): readonly ServiceSpec[] => spec.services ?? [];
export const serviceMachinesOf = (spec: Pick<ClusterSpec, "services" | "machines">): readonly MachineSpec[] =>
  servicesOf(spec).flatMap(({ machines }) => machines.map((name) => machineNamed(spec, name)));
/** The service that this machine gives; undefined for a node. */
export const serviceOf = (spec: Pick<ClusterSpec, "services">, machine: string): ServiceSpec | undefined =>
  servicesOf(spec).find(({ machines }) => machines.includes(machine));

export const addOnsOf = (spec: Pick<ClusterSpec, "addOns">): readonly AddOnSpec[] => spec.addOns ?? [];

export const publishedSshPort = (spec: Pick<ClusterSpec, "published">, machine: string): number | null =>
  portFor(spec, (p) => p.purpose === "ssh" && p.machine === machine);
export const publishedApiPort = (spec: Pick<ClusterSpec, "published">): number | null => portFor(spec, (p) => p.purpose === "api");
const portFor = ({ published }: Pick<ClusterSpec, "published">, fits: (p: Publication) => boolean): number | null =>
  published.find(fits)?.port ?? null;
