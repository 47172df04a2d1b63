/** How machines become a cluster. A spec names its distribution; the program looks it up in a table. */
import type { ClusterSpec, MachineSpec } from "#app/domain/cluster/spec.ts";
import type { ClusterArgs } from "./args.ts";
import type { Machine } from "./machine.ts";

export interface Distribution {
  /** Script that ends when the machine can be used. */
  ready(spec: ClusterSpec, machine: MachineSpec): string;
  /** Time that a machine is given to shut down before it is switched off. */
  shutdownSeconds(spec: ClusterSpec): number;
  /** Makes the resources for init, joins and checks. `others`: the machines of the node pools. */
  members(cluster: ClusterArgs, first: Machine, others: readonly Machine[]): void;
}
