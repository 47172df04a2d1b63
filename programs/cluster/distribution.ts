/** How machines become a cluster. A spec names its distribution; the program looks it up in a table. */
import type * as pulumi from "@pulumi/pulumi";
import type { ClusterSpec, MachineSpec } from "#app/domain/cluster/spec.ts";
import type { ClusterArgs } from "./args.ts";
import type { Machine } from "./machine.ts";

/** Makes the machine. `after`: what has to be done before its libvirt machine is made, or made again. */
export type MakeMachine = (machine: MachineSpec, after?: readonly pulumi.Resource[]) => Machine;

export interface Distribution {
  /** Script that ends when the machine can be used. */
  ready(spec: ClusterSpec, machine: MachineSpec): string;
  /** Time that a machine is given to shut down before it is switched off. */
  shutdownSeconds(spec: ClusterSpec): number;
  /**
   * Makes every node of the spec, and the resources for init, joins, checks and add-ons. `services`: what has to be done before
   * add-ons are put in. Returns what is done last.
   */
  members(cluster: ClusterArgs, machineOf: MakeMachine, services: readonly pulumi.Resource[]): readonly pulumi.Resource[];
  /** Script that ends when the cluster can be used after it was saved. Runs on the first control plane. */
  awake(spec: ClusterSpec): string;
}
