/**
 * The right to write for one stack. It lies in the operation's own row, so that a write can carry its check: the row
 * that an append or a transition changes is the row that says who may. It is lost when a claim or an interruption
 * changes that row, never by the clock alone.
 */
import { sql } from "kysely";
import { type Claim, LeaseLost } from "#app/ports/operation-store.ts";
import { forUpdate, type Trx } from "./database/locks.ts";
import type { Engine, OperationRow } from "./schema.ts";

export const leaseLost = (claim: Claim): LeaseLost =>
  new LeaseLost(`the lease of operation ${claim.operationId} (generation ${claim.generation}) is over`);

/** Throws LeaseLost unless `claim` still holds its operation; then it does until the transaction ends. */
export async function demandLease(trx: Trx, engine: Engine, claim: Claim): Promise<void> {
  const held = trx.selectFrom("operations").select("id").where("id", "=", claim.operationId).where("generation", "=", claim.generation);
  if (!(await forUpdate(engine, held).executeTakeFirst())) throw leaseLost(claim);
}

/** A generation of the stack that nobody has had before. */
export async function nextGeneration(trx: Trx, clusterId: string): Promise<number> {
  const raised = trx.updateTable("clusters").set({ generation: sql<number>`generation + 1` }).where("id", "=", clusterId);
  return (await raised.returning("generation").executeTakeFirstOrThrow()).generation;
}

export const noLease = { generation: null, worker_id: null, lease_until: null } satisfies Partial<OperationRow>;
