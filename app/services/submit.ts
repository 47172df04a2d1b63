/** Queueing an operation: the only way in which anything ever happens to a cluster. */
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import { Problem } from "#app/domain/problem.ts";
import { readinessOf } from "#app/domain/setup.ts";
import type { Actor } from "#app/domain/tenant.ts";
import { KeyReused, type NewOperation, type OperationStore } from "#app/ports/operation-store.ts";
import type { SecretMaker } from "#app/ports/secret-maker.ts";
import type { SetupStatus } from "#app/ports/setup-status.ts";
import { refuseBusy } from "./operations.ts";

export interface SubmitDeps {
  readonly operations: OperationStore;
  readonly setupStatus: SetupStatus;
  readonly secrets: SecretMaker;
  readonly now: () => number;
}

export type Wish = Pick<NewOperation, "kind" | "planKind" | "specRevision" | "planId" | "drift" | "idempotencyKey">;

/** Problems: not-ready, cluster-busy, key-reused. */
export async function submit(deps: SubmitDeps, actor: Actor, cluster: Cluster, wish: Wish): Promise<Operation> {
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
  const submitted = await deps.operations.submit(order).catch(refuseReuse).catch(refuseBusy);
  return submitted.operation;
}

function refuseReuse(error: unknown): never {
  if (error instanceof KeyReused) throw new Problem({ code: "key-reused" });
  throw error;
}
