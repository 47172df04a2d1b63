/** What the Kubernetes API says about its nodes, and the one thing that Berth changes there outside of a Pulumi run. */
import type { NodeSeen } from "#app/domain/drift/find-drift.ts";

/** How Berth reaches an API server. Every part was decided or made by Berth; documents are PEM. */
export interface ApiAccess {
  readonly host: string;
  readonly port: number;
  readonly caCert: string;
  readonly certificate: string;
  readonly privateKey: string;
}

export interface NodesAnswer {
  readonly nodes: readonly NodeSeen[];
  /** When the certificate ends that the API server showed, epoch milliseconds; null: it could not be read. */
  readonly certificateEndsAt: number | null;
}

export interface ClusterNodes {
  /** Asks the API server. Rejects with a sentence that holds nothing of the keys. */
  list(access: ApiAccess): Promise<NodesAnswer>;
  /** Lets the scheduler place pods on the node again; fine when it may already. Rejects like `list`. */
  uncordon(access: ApiAccess, node: string): Promise<void>;
}
