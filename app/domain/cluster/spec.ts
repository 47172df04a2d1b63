/**
 * The desired cluster: an immutable, numbered revision in which every name, address, size, version and public key is
 * already decided. The program turns it into resources without choosing anything.
 */
export const nodeRoles = ["control-plane", "worker"] as const;
export type NodeRole = (typeof nodeRoles)[number];

/** How the guest runs. `emulated` carries the tuning that only TCG needs; it is shown in the plan. */
export type MachineProfile = "emulated" | "accelerated";

/**
 * How a machine's definition names its disks: by file, which the host's security drivers (AppArmor, SELinux) can follow
 * to the image below it, or by pool and volume, as clusters of earlier versions do.
 */
export type DiskSource = "file" | "volume";

export interface MachineSpec {
  /** Kubernetes node name and guest host name, e.g. `demo-cp0`, `demo-w1`. */
  readonly nodeName: string;
  /** Unique on the libvirt host: `<prefix>-<nodeName>`. */
  readonly libvirtName: string;
  readonly role: NodeRole;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly diskGiB: number;
  /** Lower-case, `52:54:00:…`. */
  readonly mac: string;
  /** IPv4 without prefix length. */
  readonly address: string;
  /** Public half of the pinned SSH host key, OpenSSH one-line form without comment. */
  readonly sshHostKey: string;
  /** Port on the portal's side that leads to this machine's port 22. */
  readonly publishedSshPort: number;
  /** The revision that introduced this machine: machines of revision 1 join with the token that init makes. */
  readonly sinceRevision: number;
}

export interface ClusterNetwork {
  /** libvirt network name (= prefix). */
  readonly name: string;
  /** Bridge device, at most 15 characters, e.g. `berth7`. */
  readonly bridge: string;
  /** The /24 of the machines, e.g. `10.91.7.0/24`. */
  readonly cidr: string;
  readonly gateway: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
}

export interface ImageRef {
  readonly name: string;
  /** Content hash of the image; the program resolves it to a folder. */
  readonly contentHash: string;
}

export interface ClusterSpec {
  readonly schema: 1;
  readonly clusterId: string;
  readonly tenantId: string;
  /** RFC 1123 label, unique in its tenant. */
  readonly name: string;
  readonly revision: number;
  /** Blueprint id, e.g. `single`; `machines` is the tiny blueprint without Kubernetes, for engine tests. */
  readonly blueprint: "single" | "machines";
  /** Pulumi stack name, unique in the tenant's backend. */
  readonly stackName: string;
  /** Start of every libvirt name of this stack; unique on the host, e.g. `b7k3f9-demo`. */
  readonly prefix: string;
  readonly kubernetesVersion: string;
  readonly image: ImageRef;
  readonly profile: MachineProfile;
  /** Decided with revision 1: another one would replace every machine. Absent in specs of earlier versions. */
  readonly diskSource?: DiskSource | undefined;
  readonly network: ClusterNetwork;
  /** Port on the portal's side that leads to the API server. */
  readonly publishedApiPort: number;
  /** Names and addresses the API server's certificate is valid for, besides the machine's own. */
  readonly apiServerNames: readonly string[];
  /** The first is the control plane; workers follow in order of index. */
  readonly machines: readonly MachineSpec[];
  /** Public SSH keys that may enter the machines besides the portal's own. */
  readonly authorizedKeys: readonly string[];
  /** Public half of the portal's own key for this cluster. */
  readonly portalKey: string;
  /**
   * How often the control plane's certificates were renewed: a higher number renews them. Absent in a cluster that an
   * earlier version made, until its first renewal.
   */
  readonly certificates?: { readonly renewed: number } | undefined;
  /** `sha256:…` of the cluster CA's public key, pinned by joining nodes. */
  readonly caCertHash: string;
}

/** Kept in the secret store, one document per cluster; never part of a spec, an event or an argument list. */
export interface ClusterSecrets {
  /** The portal's private SSH key for this cluster, OpenSSH PEM. */
  readonly portalPrivateKey: string;
  /** nodeName → private SSH host key, OpenSSH PEM. */
  readonly hostKeys: Readonly<Record<string, string>>;
  /** nodeName → kubeadm bootstrap token `[a-z0-9]{6}.[a-z0-9]{16}` of each worker. */
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

export const diskSourceOf = (spec: Pick<ClusterSpec, "diskSource">): DiskSource => spec.diskSource ?? "volume";

export const controlPlaneOf = (spec: ClusterSpec): MachineSpec => {
  const found = spec.machines.find((m) => m.role === "control-plane");
  if (!found) throw new Error(`cluster ${spec.name} revision ${spec.revision} has no control plane`);
  return found;
};

export const workersOf = (spec: ClusterSpec): readonly MachineSpec[] => spec.machines.filter((m) => m.role === "worker");
