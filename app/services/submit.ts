/** Queueing an operation: the only way in which anything ever happens to a cluster. */
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import type { Capacity } from "#app/domain/plan/headroom.ts";
import { Problem } from "#app/domain/problem.ts";
import { readinessOf } from "#app/domain/setup.ts";
import type { Actor } from "#app/domain/tenant.ts";
import { CapacityTaken, KeyReused, type NewOperation, type OperationStore, TooManyPreviews } from "#app/ports/operation-store.ts";
import type { SecretMaker } from "#app/ports/secret-maker.ts";
import type { SetupStatus } from "#app/ports/setup-status.ts";
import { refuseBusy, refuseNetworkTaken } from "./operations.ts";

export interface SubmitDeps {
  /** How many previews of one tenant may be queued. */
  readonly maxQueuedPreviews: number;
  readonly operations: OperationStore;
  readonly setupStatus: SetupStatus;
  readonly secrets: SecretMaker;
  readonly now: () => number;
}

export type Wish = Pick<NewOperation, "kind" | "planKind" | "specRevision" | "planId" | "drift" | "idempotencyKey">;

/**
 * `hostLimit`: of an update, what all clusters together may have; null while libvirt does not answer, and then the start of
 * the update decides. Problems: not-ready, cluster-busy, key-reused, plan-stale, plan-refused, too-many-previews.
 */
export async function submit(deps: SubmitDeps, actor: Actor, cluster: Cluster, wish: Wish, hostLimit: Capacity | null = null): Promise<Operation> {
  const readiness = readinessOf(await deps.setupStatus.read());
  const ready = wish.kind === "preview" ? readiness.preview : readiness.create;
  if (!ready) throw new Problem({ code: "not-ready", waitingFor: readiness.waitingFor });
  const order: NewOperation = {
    ...wish,
    id: deps.secrets.id(),
    tenantId: cluster.tenantId,
    clusterId: cluster.id,
    requestedBy: actor.personId,
    requestedByName: actor.name,
    requestedAt: deps.now(),
  };
  const bounds = { queuedPreviews: deps.maxQueuedPreviews, ...(hostLimit === null ? {} : { hostLimit }) };
  const submitted = await deps.operations.submit(order, bounds).catch(refuseReuse).catch(refuseBusy).catch((error: unknown) => refuseBounds(error, deps.maxQueuedPreviews));
  return submitted.operation;
}

function refuseBounds(error: unknown, maxQueuedPreviews: number): never {
  if (error instanceof TooManyPreviews) throw new Problem({ code: "too-many-previews", limit: maxQueuedPreviews });
  if (error instanceof CapacityTaken) throw new Problem({ code: "plan-refused", refusals: error.refusals });
  return refuseNetworkTaken(error);
}

function refuseReuse(error: unknown): never {
  if (error instanceof KeyReused) throw new Problem({ code: "key-reused" });
  throw error;
}
