/** Operations as lists and sums: nothing here writes. */
import { type ExpressionBuilder, type Kysely, sql } from "kysely";
import { kindsThat } from "#app/domain/operation/kinds.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import { type DurationQuestion, durationsRead, type OperationFilter, type OperationStore } from "#app/ports/operation-store.ts";
import type { BerthDatabase } from "#app/adapters/sql/database/database.ts";
import { toOperation } from "#app/adapters/sql/rows.ts";
import type { Tables } from "#app/adapters/sql/schema.ts";

export function createOperationLists({ reader }: BerthDatabase): Pick<OperationStore, "list" | "count" | "lastEnds" | "durations"> {
  return {
    list: (filter) => list(reader, filter),
    count: (filter) => count(reader, filter),
    lastEnds: async ({ clusterIds, kinds }) => {
      if (clusterIds.length === 0 || kinds.length === 0) return new Map();
      const over = reader
        .selectFrom("operations")
        .select((s) => ["cluster_id", s.fn.max("ended_at").as("ended_at")] as const)
        .where("ended_at", "is not", null);
      const rows = await over.where("cluster_id", "in", clusterIds).where("kind", "in", kinds).groupBy("cluster_id").execute();
      return new Map(rows.flatMap((r) => (r.ended_at === null ? [] : [[r.cluster_id, r.ended_at] as const])));
    },
    durations: (q) => durations(reader, q),
  };
}

async function durations(reader: Kysely<Tables>, { kind, machines, first }: DurationQuestion): Promise<readonly number[]> {
  const newest = reader
    .selectFrom("operations")
    .select(["cluster_id", "spec_revision", "attempt", "started_at", "ended_at"])
    .where("kind", "=", kind)
    .where("state", "=", "succeeded")
    .orderBy("ended_at", "desc")
    .limit(durationsRead);
  const rows = await reader
    .selectFrom(newest.as("o"))
    .innerJoin("specs as s", (join) => join.onRef("s.cluster_id", "=", "o.cluster_id").onRef("s.revision", "=", "o.spec_revision"))
    .select(["o.started_at", "o.ended_at"])
    // The last part of a resumed run says nothing about how long a whole one takes.
    .where("o.attempt", "=", 1)
    .where("s.machines", "=", machines)
    .$if(first !== undefined, (query) =>
      query.where(({ exists, not, selectFrom }) => {
        const earlier = exists(
          selectFrom("operations as e")
            .select("e.id")
            .whereRef("e.cluster_id", "=", "o.cluster_id")
            .where(
              "e.kind",
              "in",
              kindsThat((kind) => kind.makesRevisionLive),
            )
            .where("e.state", "=", "succeeded")
            .whereRef("e.ended_at", "<=", "o.started_at"),
        );
        return first === true ? not(earlier) : earlier;
      }),
    )
    .orderBy("o.ended_at", "desc")
    .limit(10)
    .execute();
  return rows.flatMap((r) => (r.started_at === null || r.ended_at === null ? [] : [(r.ended_at - r.started_at) / 1000]));
}

type Scope = Pick<OperationFilter, "tenantId" | "tenantIds" | "clusterId" | "clusterIds">;

const none = ({ states, kinds, tenantIds, clusterIds, planIds }: Omit<OperationFilter, "limit">): boolean =>
  [states, kinds, tenantIds, clusterIds, planIds].some((wanted) => wanted?.length === 0);

const inScope =
  ({ tenantId, tenantIds, clusterId, clusterIds }: Scope) =>
  (w: ExpressionBuilder<Tables, "operations">) =>
    w.and([
      ...(tenantId === undefined ? [] : [w("tenant_id", "=", tenantId)]),
      ...(tenantIds === undefined ? [] : [w("tenant_id", "in", tenantIds)]),
      ...(clusterId === undefined ? [] : [w("cluster_id", "=", clusterId)]),
      ...(clusterIds === undefined ? [] : [w("cluster_id", "in", clusterIds)]),
    ]);

const wanted =
  ({ states, kinds, planIds, startedAfter }: Pick<OperationFilter, "states" | "kinds" | "planIds" | "startedAfter">) =>
  (w: ExpressionBuilder<Tables, "operations">) =>
    w.and([
      ...(states === undefined ? [] : [w("state", "in", states)]),
      ...(kinds === undefined ? [] : [w("kind", "in", kinds)]),
      ...(planIds === undefined ? [] : [w("plan_id", "in", planIds)]),
      ...(startedAfter === undefined ? [] : [w("started_at", ">", startedAfter)]),
    ]);

/** Null: nothing can match, or nothing follows. */
async function found(reader: Kysely<Tables>, filter: Omit<OperationFilter, "limit">) {
  if (none(filter)) return null;
  const all = reader.selectFrom("operations").where(inScope(filter)).where(wanted(filter));
  if (filter.before === undefined) return all;
  const cursor = reader.selectFrom("operations").select(["requested_at", "id"]).where("id", "=", filter.before);
  const last = await cursor.where(inScope(filter)).executeTakeFirst();
  return last === undefined ? null : all.where(sql<boolean>`(requested_at, id) < (${last.requested_at}, ${last.id})`);
}

async function list(reader: Kysely<Tables>, filter: OperationFilter): Promise<readonly Operation[]> {
  const matching = await found(reader, filter);
  const rows = (await matching?.selectAll().orderBy("requested_at", "desc").orderBy("id", "desc").limit(filter.limit).execute()) ?? [];
  return rows.map(toOperation);
}

async function count(reader: Kysely<Tables>, filter: Omit<OperationFilter, "limit">): Promise<number> {
  const matching = await found(reader, filter);
  return (await matching?.select((s) => s.fn.countAll<number>().as("count")).executeTakeFirstOrThrow())?.count ?? 0;
}
