/** Machines of a cluster and how to reach them, as pages and API show them. */
import type { NodeRole } from "#app/domain/cluster/spec.ts";

/** What libvirt says of a machine; `absent`: not there; `unknown`: libvirt did not answer. */
export type MachineState = "running" | "stopped" | "paused" | "other" | "absent" | "unknown";

/** Machines of a cluster by node name, as libvirt saw them at `at`. */
export interface SeenMachines {
  readonly at: number;
  readonly states: Readonly<Record<string, MachineState>>;
}

/** A node as the database knows it. */
export interface NodeFacts {
  readonly name: string;
  readonly role: NodeRole;
  /** Name of its node pool; null for a control plane. */
  readonly pool: string | null;
  readonly address: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly diskGiB: number;
  /** A whole command line to enter the machine from where the portal's published ports are reachable; null where no SSH key was admitted, or nothing runs. */
  readonly sshCommand: string | null;
}

export interface NodeView extends NodeFacts {
  /** As libvirt sees the machine now. */
  readonly machine: MachineState;
}

export interface TakenPort {
  readonly port: number;
  /** The program, as far as it can be told, and where it listens; null: nothing listens there. */
  readonly holder: string | null;
}

export interface ClusterAccess {
  /** API server address for use from outside: published host and port. */
  /** Null while another program answers there, or none. */
  readonly apiServer: string | null;
  /** API server address as machines on the libvirt host reach it. */
  readonly directApiServer: string;
  /** Context name in the kubeconfig: `<tenant>.<cluster>`. */
  readonly contextName: string;
  readonly kubeconfigReady: boolean;
}
