/** Sizes of machines, and what a person may ask for beyond the named ones. */

export const sizeNames = ["small", "medium", "large"] as const;
export type SizeName = (typeof sizeNames)[number];

export interface MachineSize {
  readonly vcpus: number;
  readonly memoryMiB: number;
}

export const sizes: Readonly<Record<SizeName, MachineSize>> = {
  small: { vcpus: 2, memoryMiB: 2048 },
  medium: { vcpus: 2, memoryMiB: 4096 },
  large: { vcpus: 4, memoryMiB: 4096 },
};

/** Inclusive. kubeadm asks for two CPUs and 1700 MiB on a control plane; a worker gets by with less. */
export interface Limit {
  readonly min: number;
  readonly max: number;
}

export const limits = {
  controlPlanes: { min: 1, max: 5 },
  vcpus: { min: 1, max: 32 },
  memoryMiB: { min: 1024, max: 131_072 },
  controlPlaneVcpus: { min: 2, max: 32 },
  controlPlaneMemoryMiB: { min: 1700, max: 131_072 },
  /** In all pools of a cluster together. */
  workers: { min: 0, max: 50 },
  pools: { min: 1, max: 10 },
  addOns: { min: 0, max: 50 },
  /** Of all services of a cluster together. */
  serviceMachines: { min: 0, max: 8 },
  diskGiB: { min: 10, max: 2000 },
} as const satisfies Readonly<Record<string, Limit>>;

export const within = (value: number, limit: Limit): boolean => value >= limit.min && value <= limit.max;

/** The name of a size, or `custom`. */
export const nameOfSize = (size: MachineSize): SizeName | "custom" =>
  sizeNames.find((n) => sizes[n].vcpus === size.vcpus && sizes[n].memoryMiB === size.memoryMiB) ?? "custom";

export interface Total extends MachineSize {
  readonly machines: number;
  readonly diskGiB: number;
}

export const sum = (a: Total, b: Total): Total => ({
  machines: a.machines + b.machines,
  vcpus: a.vcpus + b.vcpus,
  memoryMiB: a.memoryMiB + b.memoryMiB,
  diskGiB: a.diskGiB + b.diskGiB,
});

/** What so many machines take together. */
export const totalOf = (machines: readonly (MachineSize & { readonly diskGiB: number })[]): Total => ({
  machines: machines.length,
  vcpus: machines.reduce((sum, m) => sum + m.vcpus, 0),
  memoryMiB: machines.reduce((sum, m) => sum + m.memoryMiB, 0),
  diskGiB: machines.reduce((sum, m) => sum + m.diskGiB, 0),
});
