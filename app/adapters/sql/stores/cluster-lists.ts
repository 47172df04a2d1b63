/** Clusters page by page, and several at once. */
import { readSpec } from "#app/domain/cluster/schema-1.ts";
import { type ExpressionBuilder, type Kysely, sql } from "kysely";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import type { ClusterFilter, ClusterLists, ClusterPage, ClusterPageRequest, SpecRef } from "#app/ports/cluster-lists.ts";
import type { Receipt } from "#app/ports/cluster-store.ts";
import { emptyPage } from "#app/ports/paged.ts";
import { contains } from "./contains.ts";
import type { BerthDatabase } from "#app/adapters/sql/database/database.ts";
import { parseDocument, toCluster } from "#app/adapters/sql/rows.ts";
import type { Tables } from "#app/adapters/sql/schema.ts";

type Reader = Kysely<Tables>;

export function createClusterLists({ reader }: BerthDatabase): ClusterLists {
  return {
    page: (q) => page(reader, q),
    livingOf: async (tenantIds) => {
      if (tenantIds.length === 0) return new Map();
      const living = reader
        .selectFrom("clusters")
        .select((s) => ["tenant_id", s.fn.countAll<number>().as("clusters")] as const)
        .where("state", "<>", "gone");
      const rows = await living.where("tenant_id", "in", tenantIds).groupBy("tenant_id").execute();
      return new Map(rows.map((r) => [r.tenant_id, r.clusters]));
    },
    batch: async ({ after, limit, states }) => {
      if (states?.length === 0) return [];
      const rest = reader.selectFrom("clusters").selectAll().where("id", ">", after);
      const wanted = states === undefined ? rest : rest.where("state", "in", states);
      return (await wanted.orderBy("id").limit(limit).execute()).map(toCluster);
    },
    several: async (ids) =>
      ids.length === 0 ? [] : (await reader.selectFrom("clusters").selectAll().where("id", "in", ids).execute()).map(toCluster),
    specs: (refs) => specs(reader, refs),
    removed: (q) => removed(reader, q),
  };
}

const matchesNothing = ({ tenantIds, states }: ClusterFilter): boolean => tenantIds?.length === 0 || states?.length === 0;

const matching =
  ({ tenantIds, states, query, name }: ClusterFilter) =>
  (w: ExpressionBuilder<Tables, "clusters">) =>
    w.and([
      ...(tenantIds === null ? [] : [w("tenant_id", "in", tenantIds)]),
      ...(states === undefined ? [] : [w("state", "in", states)]),
      // Said once more in the words of the partial indexes.
      ...(states === undefined || states.includes("gone") ? [] : [w("state", "<>", "gone")]),
      ...(query === undefined ? [] : [contains("name", query)]),
      ...(name === undefined ? [] : [w("name", "=", name)]),
    ]);

async function page(reader: Reader, q: ClusterPageRequest): Promise<ClusterPage> {
  if (matchesNothing(q)) return { clusters: [], ...emptyPage(0) };
  const all = reader.selectFrom("clusters").where(matching(q));
  const { total } = await all.select((s) => s.fn.countAll<number>().as("total")).executeTakeFirstOrThrow();
  const start = await positionOf(reader, q);
  if (start === null) return { clusters: [], ...emptyPage(total) };
  const rest = start === "beginning" ? all : all.where(sql<boolean>`(name, id) > (${start.name}, ${start.id})`);
  const left =
    start === "beginning" ? total : (await rest.select((s) => s.fn.countAll<number>().as("left")).executeTakeFirstOrThrow()).left;
  return {
    clusters: (await rest.selectAll().orderBy("name").orderBy("id").limit(q.limit).execute()).map(toCluster),
    total,
    skipped: total - left,
  };
}

/** The state does not matter: a cluster that went away since its page was read still has its place. */
async function positionOf(
  reader: Reader,
  { tenantIds, after }: ClusterPageRequest,
): Promise<{ readonly name: string; readonly id: string } | "beginning" | null> {
  if (after === undefined) return "beginning";
  const cursor = reader.selectFrom("clusters").select(["name", "id"]).where("id", "=", after);
  return (await cursor.where(matching({ tenantIds })).executeTakeFirst()) ?? null;
}

/** SQLite bounds the depth of an expression. */
const specsAtOnce = 200;

async function specs(reader: Reader, refs: readonly SpecRef[]): Promise<readonly ClusterSpec[]> {
  const found: ClusterSpec[] = [];
  for (let i = 0; i < refs.length; i += specsAtOnce) {
    const some = refs.slice(i, i + specsAtOnce);
    const rows = await reader
      .selectFrom("specs")
      .select("document")
      .where((w) => w.or(some.map(({ clusterId, revision }) => w.and([w("cluster_id", "=", clusterId), w("revision", "=", revision)]))))
      .execute();
    found.push(...rows.map((r) => readSpec(parseDocument(r.document))));
  }
  return found;
}

/**
 * A name leads to the cluster that has it now, or had it last. Two questions, for each of which there is an index: one with `or`
 * goes through all namesakes.
 */
const leadsToReceipt = (tenantId: string) => sql<boolean>`c.tenant_id = ${tenantId} and c.state = 'gone' and c.receipt is not null
  and not exists (select 1 from clusters as living where living.tenant_id = c.tenant_id and living.name = c.name and living.state <> 'gone')
  and not exists (select 1 from clusters as newer where newer.tenant_id = c.tenant_id and newer.name = c.name and newer.state = 'gone'
    and (newer.gone_at, newer.created_at, newer.id) > (c.gone_at, c.created_at, c.id))`;

async function removed(
  reader: Reader,
  { tenantId, limit, after }: Parameters<ClusterLists["removed"]>[0],
): ReturnType<ClusterLists["removed"]> {
  const all = reader.selectFrom("clusters as c").where(leadsToReceipt(tenantId));
  const { total } = await all.select((s) => s.fn.countAll<number>().as("total")).executeTakeFirstOrThrow();
  const cursor =
    after === undefined
      ? undefined
      : await reader
          .selectFrom("clusters")
          .select(["gone_at", "id"])
          .where("id", "=", after)
          .where("tenant_id", "=", tenantId)
          .executeTakeFirst();
  if (after !== undefined && cursor === undefined) return { removed: [], ...emptyPage(total) };
  const rest = cursor === undefined ? all : all.where(sql<boolean>`(c.gone_at, c.id) < (${cursor.gone_at}, ${cursor.id})`);
  const left = cursor === undefined ? total : (await rest.select((s) => s.fn.countAll<number>().as("left")).executeTakeFirstOrThrow()).left;
  const rows = await rest
    .select(["c.id", "c.name", "c.receipt"])
    .orderBy("c.gone_at", "desc")
    .orderBy("c.id", "desc")
    .limit(limit)
    .execute();
  return {
    removed: rows.flatMap(({ id, name, receipt }) => (receipt === null ? [] : [{ id, name, ...headOf(receipt) }])),
    total,
    skipped: total - left,
  };
}

function headOf(text: string): { readonly at: number; readonly by: string } {
  const { at, by } = parseDocument<Receipt>(text);
  return { at, by };
}
