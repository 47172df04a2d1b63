/** What the Kubernetes API says about its nodes. */
import type { NodeSeen } from "#app/domain/drift/find-drift.ts";

export interface ClusterNodes {
  /**
   * Asks the API server that the kubeconfig names, with the client certificate in it. Rejects with a sentence that
   * holds nothing of the kubeconfig.
   */
  list(kubeconfig: string): Promise<readonly NodeSeen[]>;
}
