/** Machines of a cluster and how to reach them, as pages and API show them. */
import type { clusterAccess, node, serviceMachine, takenPort } from "#app/contract/clusters.ts";
import type { Answer } from "#app/contract/shapes.ts";

export type NodeView = Answer<typeof node>;

/** What libvirt says of a machine; `absent`: not there; `unknown`: libvirt did not answer. */
export type MachineState = NodeView["machine"];

/** Machines of a cluster by node name, as libvirt saw them at `at`. */
export interface SeenMachines {
  readonly at: number;
  readonly states: Readonly<Record<string, MachineState>>;
}

/** A node as the database knows it. */
export type NodeFacts = Omit<NodeView, "machine">;

/** A service machine as the database knows it. */
export type ServiceMachineFacts = Omit<Answer<typeof serviceMachine>, "machine">;

export type TakenPort = Answer<typeof takenPort>;

export type ClusterAccess = Answer<typeof clusterAccess>;
