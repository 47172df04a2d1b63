/** What every component of the cluster program is given. */
import type * as pulumi from "@pulumi/pulumi";
import type { ClusterSecrets, ClusterSpec, MachineSpec } from "#app/domain/cluster/spec.ts";
import type { OtherImage } from "#app/ports/stack-engine.ts";
import type { Distribution } from "./distribution.ts";

/** The libvirt host that machines go to; the same for every run on it. */
export interface MachineHost {
  readonly libvirtUri: string;
  /** Folder of the image that the spec names: `root.qcow2`, `vmlinuz`, `initrd.img`; libvirt knows it as a pool. */
  readonly imageFolder: string;
  readonly imagePool: string;
  /** Images of machines that were made from another one than the control plane. Absent: there are none. */
  readonly otherImages?: readonly OtherImage[] | undefined;
  /** Folder for pools of stacks. */
  readonly poolRoot: string;
  /** Folder where serial consoles are written. */
  readonly consoleFolder: string;
}

export interface ClusterArgs {
  readonly spec: ClusterSpec;
  readonly secrets: ClusterSecrets;
  readonly host: MachineHost;
  /** Private folder with the seed disks that `writeSeeds` wrote. */
  readonly seedFolder: string;
  /** Rate of the host's time-stamp counter; null when unknown. */
  readonly tscKhz: number | null;
  readonly distribution: Distribution;
  /** What has to be done before a machine is touched; see `power.ts`. */
  readonly awake: readonly pulumi.Resource[];
}

/** Folder of the image that this machine is made from. */
export const imageFolderOf = ({ imageFolder, otherImages = [] }: MachineHost, { image }: MachineSpec): string =>
  otherImages.find(({ contentHash }) => contentHash === image.contentHash)?.folder ?? imageFolder;

/** Folder of the storage pool that holds the cluster's disks. */
export const poolFolder = ({ spec, host }: Pick<ClusterArgs, "spec" | "host">): string => `${host.poolRoot}/${spec.prefix}`;
