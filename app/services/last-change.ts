/** When something was last done to a cluster. A preview changes nothing that a look could see. */
import { operationKinds } from "#app/domain/operation/operation.ts";
import type { OperationStore } from "#app/ports/operation-store.ts";

const changing = operationKinds.filter((kind) => kind !== "preview");

/** End of the newest operation that changed something and is over; null without one. Epoch milliseconds. */
export async function lastChange(operations: OperationStore, clusterId: string): Promise<number | null> {
  const newest = await operations.list({ clusterId, kinds: changing, limit: 5 });
  return newest.find((o) => o.endedAt !== null)?.endedAt ?? null;
}
