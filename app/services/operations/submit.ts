/** Queueing an operation: the only way in which anything ever happens to a cluster. */
import { can, ofTenant } from "#app/domain/access.ts";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import { type KindDefinition, kindOf, kindsThat } from "#app/domain/operation/kinds.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import type { Capacity } from "#app/domain/plan/headroom.ts";
import { Problem } from "#app/domain/problem.ts";
import { readinessOf } from "#app/domain/setup.ts";
import type { Actor } from "#app/domain/tenant.ts";
import {
  CapacityTaken,
  ClusterGone,
  KeyReused,
  type NewOperation,
  type OperationStore,
  TooManyPreviews,
} from "#app/ports/operation-store.ts";
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

export type OperationRequest = Pick<NewOperation, "kind" | "planKind" | "specRevision" | "planId" | "drift" | "idempotencyKey">;

/**
 * `hostLimit`: of an update, what all clusters of its host together may have; null while libvirt does not answer, and then the start of
 * the update decides. Problems: not-ready, cluster-busy, key-reused, plan-stale, plan-refused, too-many-previews, wrong-state.
 */
export async function submit(
  deps: SubmitDeps,
  actor: Actor,
  cluster: Cluster,
  request: OperationRequest,
  hostLimit: Capacity | null = null,
): Promise<Operation> {
  const { permission, setup } = kindOf(request);
  if (!can(actor, permission, ofTenant(cluster.tenantId))) throw new Problem({ code: "not-allowed", verb: permission });
  await demandReady(deps, setup);
  const order: NewOperation = {
    ...request,
    id: deps.secrets.id(),
    tenantId: cluster.tenantId,
    clusterId: cluster.id,
    requestedBy: actor.personId,
    requestedByName: actor.name,
    requestedAt: deps.now(),
  };
  const bounds = { queuedPreviews: deps.maxQueuedPreviews, ...(hostLimit === null ? {} : { hostLimit }) };
  const submitted = await deps.operations
    .submit(order, bounds)
    .catch(refuseReuse)
    .catch(refuseBusy)
    .catch((error: unknown) => refuseGone(error, request))
    .catch((error: unknown) => refuseBounds(error, deps.maxQueuedPreviews));
  return submitted.operation;
}

async function demandReady({ setupStatus }: Pick<SubmitDeps, "setupStatus">, what: KindDefinition["setup"]): Promise<void> {
  const readiness = readinessOf(await setupStatus.read());
  if (!readiness[what]) throw new Problem({ code: "not-ready", waitingFor: readiness.waitingFor });
}

/**
 * Asked before anything is written for a preview; {@link submit} decides for good. Problems: not-ready,
 * too-many-previews.
 */
export async function demandPreviewPossible(deps: SubmitDeps, tenantId: string): Promise<void> {
  await demandReady(deps, "preview");
  const queued = await deps.operations.count({ tenantId, kinds: kindsThat((kind) => kind.limitedPerTenant), states: ["queued"] });
  if (queued >= deps.maxQueuedPreviews) throw new Problem({ code: "too-many-previews", limit: deps.maxQueuedPreviews });
}

function refuseBounds(error: unknown, maxQueuedPreviews: number): never {
  if (error instanceof TooManyPreviews) throw new Problem({ code: "too-many-previews", limit: maxQueuedPreviews });
  if (error instanceof CapacityTaken) throw new Problem({ code: "plan-refused", refusals: error.refusals });
  return refuseNetworkTaken(error);
}

function refuseGone(error: unknown, { planId }: OperationRequest): never {
  if (!(error instanceof ClusterGone)) throw error;
  throw new Problem(
    planId === null ? { code: "wrong-state", verb: "cluster.preview", state: "gone" } : { code: "plan-stale", moved: ["gone"] },
  );
}

function refuseReuse(error: unknown): never {
  if (error instanceof KeyReused) throw new Problem({ code: "key-reused" });
  throw error;
}
