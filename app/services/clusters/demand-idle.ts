import type { Cluster } from "#app/domain/cluster/cluster.ts";
import { Problem } from "#app/domain/problem.ts";
import type { OperationStore } from "#app/ports/operation-store.ts";
import { unfinished } from "#app/services/views.ts";

/** A revision is not written while an operation reads the one before it. */
export async function demandIdle({ operations }: { readonly operations: OperationStore }, cluster: Cluster): Promise<void> {
  const [busy] = await operations.list({ clusterId: cluster.id, states: unfinished, limit: 1 });
  if (busy) throw new Problem({ code: "cluster-busy", operationId: busy.id });
}
