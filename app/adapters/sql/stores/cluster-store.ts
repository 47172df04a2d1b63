/** Clusters, their immutable revisions, plans and receipts. */
import { readPlan, readSpec } from "#app/domain/cluster/schema-1.ts";
import { capacityOf } from "#app/domain/power/taken-capacity.ts";
import { type Kysely, sql } from "kysely";
import type { Cluster, ClusterState } from "#app/domain/cluster/cluster.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import type { HostId } from "#app/domain/host/libvirt-host.ts";
import type { Plan } from "#app/domain/plan/plan.ts";
import {
  type ClusterStore,
  NameTaken,
  type NewCluster,
  RangeExhausted,
  type Receipt,
  RevisionConflict,
  TooManyDrafts,
} from "#app/ports/cluster-store.ts";
import type { Claim } from "#app/ports/operation-store.ts";
import { createClusterLists } from "./cluster-lists.ts";
import type { BerthDatabase } from "#app/adapters/sql/database/database.ts";
import { demandLease } from "#app/adapters/sql/lease.ts";
import { forUpdate, isUniqueViolation, oneAtATime, type Trx } from "#app/adapters/sql/database/locks.ts";
import { freeNetworkIndex, networkIsTaken, nothingReserved, reservedTotal } from "./reservations.ts";
import { parseDocument, toCluster, toPlanHead } from "#app/adapters/sql/rows.ts";
import type { ClusterRow, PlanTableRow, SpecRow, Tables } from "#app/adapters/sql/schema.ts";

export function createClusterStore(database: BerthDatabase): ClusterStore {
  const { reader, writer } = database;
  /** One transaction, and with a holder one of its operation's. */
  const write = <T>(holder: Claim | undefined, work: (trx: Trx) => Promise<T>): Promise<T> =>
    writer.transaction().execute(async (trx) => {
      if (holder) await demandLease(trx, database.engine, holder);
      return await work(trx);
    });
  const one = (id: string) => reader.selectFrom("clusters").selectAll().where("id", "=", id).executeTakeFirst();
  return {
    ...createClusterLists(database),
    create: (c, toSpec) => writer.transaction().execute((trx) => create(database, trx, c, toSpec)),
    get: async (id) => {
      const row = await one(id);
      return row ? toCluster(row) : null;
    },
    byName: async (tenantId, name) => {
      const query = reader.selectFrom("clusters").selectAll().where("tenant_id", "=", tenantId).where("name", "=", name);
      const row = await query.orderBy(goneLast).orderBy("gone_at", "desc").orderBy("created_at", "desc").limit(1).executeTakeFirst();
      return row ? toCluster(row) : null;
    },
    addRevision: async (spec, at) => {
      try {
        await writer.transaction().execute((trx) => addRevision(trx, spec, at));
      } catch (error) {
        throw isUniqueViolation(error) ? nameTaken(spec.name) : error;
      }
    },
    spec: async (clusterId, revision) => {
      const query = reader.selectFrom("specs").select("document").where("cluster_id", "=", clusterId);
      const row = await query.where("revision", "=", revision).executeTakeFirst();
      return row ? readSpec(parseDocument(row.document)) : null;
    },
    revisions: (clusterId, { limit, before }) => {
      const all = reader.selectFrom("specs").select(["revision", "at"]).where("cluster_id", "=", clusterId);
      return (before === undefined ? all : all.where("revision", "<", before)).orderBy("revision", "desc").limit(limit).execute();
    },
    setState: (clusterId, state, at, holder) => write(holder, (trx) => setState(trx, clusterId, state, at)),
    setLiveRevision: (clusterId, revision, holder) =>
      write(holder, async (trx) => {
        await trx
          .updateTable("clusters")
          .set({ live_revision: revision })
          .where("id", "=", clusterId)
          .returning("id")
          .executeTakeFirstOrThrow(unknown(clusterId));
      }),
    addPlan: (plan, holder) => write(holder, (trx) => addPlan(trx, plan)),
    plan: async (id) => {
      const row = await reader.selectFrom("plans").select("document").where("id", "=", id).executeTakeFirst();
      return row ? readPlan(parseDocument(row.document)) : null;
    },
    planNumbered: async (clusterId, number) => {
      const row = await reader
        .selectFrom("plans")
        .select("document")
        .where("cluster_id", "=", clusterId)
        .where("number", "=", number)
        .executeTakeFirst();
      return row ? readPlan(parseDocument(row.document)) : null;
    },
    planHeads: async (clusterId, { limit, before }) => {
      const all = heads(reader).where("cluster_id", "=", clusterId);
      return (await (before === undefined ? all : all.where("number", "<", before)).orderBy("number", "desc").limit(limit).execute()).map(
        toPlanHead,
      );
    },
    planHeadsOf: async ({ ids, operationIds }) => {
      const wanted = heads(reader).where((w) =>
        w.or([
          ...(ids.length === 0 ? [] : [w("id", "in", ids)]),
          ...(operationIds.length === 0 ? [] : [w("operation_id", "in", operationIds)]),
        ]),
      );
      return ids.length + operationIds.length === 0 ? [] : (await wanted.execute()).map(toPlanHead);
    },
    stateSerial: async (clusterId) => (await one(clusterId))?.state_serial ?? 0,
    raiseStateSerial: (clusterId, holder) =>
      write(holder, async (trx) => {
        const raised = trx.updateTable("clusters").set({ state_serial: sql<number>`state_serial + 1` }).where("id", "=", clusterId);
        return (await raised.returning("state_serial").executeTakeFirstOrThrow(unknown(clusterId))).state_serial;
      }),
    receipt: async (clusterId) => {
      const text = (await one(clusterId))?.receipt ?? null;
      return text === null ? null : parseDocument<Receipt>(text);
    },
    setReceipt: (clusterId, receipt, holder) =>
      write(holder, async (trx) => {
        const set = trx
          .updateTable("clusters")
          .set({ receipt: JSON.stringify(receipt) })
          .where("id", "=", clusterId);
        await set.returning("id").executeTakeFirstOrThrow(unknown(clusterId));
      }),
    proposeNetwork: (clusterId, q, toSpec) => writer.transaction().execute((trx) => proposeNetwork(database, trx, clusterId, q, toSpec)),
    nextNetwork: (hostId, indexLimit) => freeNetworkIndex(reader, hostId, indexLimit),
    networkIsTaken: async (clusterId) => {
      const row = await one(clusterId);
      return row !== undefined && (await networkIsTaken(reader, row));
    },
    discardDraft: (clusterId, at, unchangedSince) =>
      writer.transaction().execute((trx) => discardDraft(database, trx, { clusterId, at, unchangedSince })),
    draftsUnchangedSince: (before, limit) => draftsUnchangedSince(database, before, limit),
    reserved: (hostId) => reservedTotal(reader, hostId),
    holders: async (hostId, tenantIds, limit) => {
      if (tenantIds?.length === 0) return [];
      const all = reader.selectFrom("clusters").selectAll().where("reserved", "=", 1).where("host_id", "=", hostId);
      const query = tenantIds === null ? all : all.where("tenant_id", "in", tenantIds);
      return (await query.orderBy("reserved_memory_mib", "desc").orderBy("id").limit(limit).execute()).map(toCluster);
    },
  };
}

const nameTaken = (name: string) => new NameTaken(`this tenant has a cluster named ${name} already`);

const goneLast = sql`case when state = 'gone' then 1 else 0 end`;

const unknown = (clusterId: string) => () => new Error(`writing to cluster ${clusterId}: there is no such cluster`);

async function create(database: BerthDatabase, trx: Trx, c: NewCluster, toSpec: (networkIndex: number) => ClusterSpec): Promise<Cluster> {
  await oneAtATime(trx, database.engine, "create");
  const living = trx.selectFrom("clusters").where("state", "<>", "gone");
  const namesake = await living.select("id").where("tenant_id", "=", c.tenantId).where("name", "=", c.name).executeTakeFirst();
  if (namesake) throw nameTaken(c.name);
  await demandDrafts(trx, c);
  const index = await proposedIndex(trx, c.hostId, c.indexLimit);
  const row = await trx.insertInto("clusters").values(newRow(c, index)).returningAll().executeTakeFirstOrThrow();
  const spec = toSpec(index);
  if (spec.revision !== 1) throw new RevisionConflict(`creating cluster ${c.name}: its first revision is numbered ${spec.revision}`);
  await insertSpec(trx, spec, c.createdAt);
  return toCluster(row);
}

async function demandDrafts(trx: Trx, { tenantId, maxDrafts }: NewCluster): Promise<void> {
  if (maxDrafts === undefined) return;
  const drafts = trx
    .selectFrom("clusters")
    .select((s) => s.fn.countAll<number>().as("count"))
    .where("tenant_id", "=", tenantId)
    .where("state", "=", "draft");
  if ((await drafts.executeTakeFirstOrThrow()).count >= maxDrafts) throw new TooManyDrafts(`this tenant has ${maxDrafts} drafts already`);
}

async function proposedIndex(trx: Trx, hostId: HostId, limit: number): Promise<number> {
  const index = await freeNetworkIndex(trx, hostId, limit);
  if (index === null) throw new RangeExhausted(`all ${limit} cluster networks of the address range are reserved`);
  return index;
}

async function proposeNetwork(
  database: BerthDatabase,
  trx: Trx,
  clusterId: string,
  q: { readonly indexLimit: number; readonly at: number },
  toSpec: (networkIndex: number) => ClusterSpec,
): Promise<void> {
  await oneAtATime(trx, database.engine, "create");
  const { host_id } = await trx
    .selectFrom("clusters")
    .select("host_id")
    .where("id", "=", clusterId)
    .executeTakeFirstOrThrow(unknown(clusterId));
  const index = await proposedIndex(trx, host_id, q.indexLimit);
  await addRevision(trx, toSpec(index), q.at);
  await trx.updateTable("clusters").set({ network_index: index }).where("id", "=", clusterId).execute();
}

interface Discard {
  readonly clusterId: string;
  readonly at: number;
  readonly unchangedSince: number | undefined;
}

/** The row is locked first: an operation that is queued at the same moment is seen, or its submit finds the cluster gone. */
async function discardDraft(database: BerthDatabase, trx: Trx, { clusterId, at, unchangedSince }: Discard): Promise<boolean> {
  const draft = trx.selectFrom("clusters").select("id").where("id", "=", clusterId).where("state", "=", "draft");
  const wanted = unchangedSince === undefined ? draft : draft.where("changed_at", "<", unchangedSince);
  if (!(await forUpdate(database.engine, wanted).executeTakeFirst())) return false;
  const busy = trx
    .selectFrom("operations")
    .select("id")
    .where("cluster_id", "=", clusterId)
    .where("state", "in", ["queued", "running", "interrupted"]);
  if (await busy.executeTakeFirst()) return false;
  await setState(trx, clusterId, "gone", at);
  return true;
}

async function draftsUnchangedSince(database: BerthDatabase, before: number, limit: number): Promise<readonly Cluster[]> {
  const drafts = database.reader.selectFrom("clusters").selectAll().where("state", "=", "draft").where("changed_at", "<", before);
  return (await drafts.orderBy("changed_at").orderBy("id").limit(limit).execute()).map(toCluster);
}

const newRow = (c: NewCluster, networkIndex: number): ClusterRow => ({
  id: c.id,
  tenant_id: c.tenantId,
  name: c.name,
  host_id: c.hostId,
  network_index: networkIndex,
  ...nothingReserved,
  state: "draft",
  revision: 1,
  live_revision: 0,
  state_serial: 0,
  last_plan_number: 0,
  generation: 0,
  created_at: c.createdAt,
  changed_at: c.createdAt,
  ready_at: null,
  gone_at: null,
  receipt: null,
});

async function addRevision(trx: Trx, spec: ClusterSpec, at: number): Promise<void> {
  const next = trx
    .updateTable("clusters")
    .set({ revision: spec.revision, changed_at: at, name: spec.name })
    .where("id", "=", spec.clusterId);
  const moved = await next
    .where("revision", "=", spec.revision - 1)
    .returning("id")
    .executeTakeFirst();
  if (!moved) throw new RevisionConflict(`revision ${spec.revision} of cluster ${spec.name} does not follow its newest`);
  await insertSpec(trx, spec, at);
}

async function insertSpec(trx: Trx, spec: ClusterSpec, at: number): Promise<void> {
  const { vcpus, memoryMiB, diskGiB } = capacityOf(spec);
  const row: SpecRow = {
    cluster_id: spec.clusterId,
    revision: spec.revision,
    at,
    machines: spec.machines.length,
    vcpus,
    memory_mib: memoryMiB,
    disk_gib: diskGiB,
    document: JSON.stringify(spec),
  };
  await trx.insertInto("specs").values(row).execute();
}

/** A cluster that is gone stays gone: its name and addresses may belong to another one by now. */
async function setState(trx: Trx, clusterId: string, state: ClusterState, at: number): Promise<void> {
  const first = { ready_at: sql<number>`coalesce(ready_at, ${at})` };
  const times = state === "ready" ? first : state === "gone" ? { gone_at: at, ...nothingReserved } : {};
  const living = trx
    .updateTable("clusters")
    .set({ state, ...times })
    .where("id", "=", clusterId)
    .where("state", "<>", "gone");
  const moved = await living.returning("id").executeTakeFirst();
  if (!moved) throw new Error(`setting cluster ${clusterId} to ${state}: it is gone or unknown`);
}

const heads = (db: Kysely<Tables>) =>
  db
    .selectFrom("plans")
    .select(["id", "cluster_id", "number", "operation_id", "kind", "from_revision", "spec_revision", "state_serial", "created_at"]);

const planRow = (plan: Plan): PlanTableRow => ({
  id: plan.id,
  cluster_id: plan.clusterId,
  number: plan.number,
  operation_id: plan.operationId,
  kind: plan.kind,
  from_revision: plan.fromRevision,
  spec_revision: plan.specRevision,
  state_serial: plan.stateSerial,
  created_at: plan.createdAt,
  document: JSON.stringify(plan),
});

async function addPlan(trx: Trx, plan: Omit<Plan, "number">): Promise<Plan> {
  const next = trx.updateTable("clusters").set({ last_plan_number: sql<number>`last_plan_number + 1` }).where("id", "=", plan.clusterId);
  const { last_plan_number: number } = await next.returning("last_plan_number").executeTakeFirstOrThrow(unknown(plan.clusterId));
  const numbered: Plan = { ...plan, number };
  await trx.insertInto("plans").values(planRow(numbered)).execute();
  return numbered;
}
