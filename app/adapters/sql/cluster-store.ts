/** Clusters, their immutable revisions, plans and receipts. */
import { sql } from "kysely";
import type { Cluster, ClusterState } from "#app/domain/cluster/cluster.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import type { Plan } from "#app/domain/plan/plan.ts";
import { type ClusterStore, NameTaken, RangeExhausted, type Receipt, RevisionConflict } from "#app/ports/cluster-store.ts";
import type { Claim } from "#app/ports/operation-store.ts";
import type { BerthDatabase } from "./database.ts";
import { demandLease } from "./lease.ts";
import { oneAtATime, type Trx } from "./locks.ts";
import { parseDocument, toCluster } from "./rows.ts";
import type { ClusterRow, SpecRow } from "./schema.ts";

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
    list: async (tenantId) => {
      const all = reader.selectFrom("clusters").selectAll();
      const query = tenantId === null ? all : all.where("tenant_id", "=", tenantId);
      const rows = await query.orderBy(goneLast).orderBy("gone_at", "desc").orderBy("name").orderBy("id").execute();
      return rows.map(toCluster);
    },
    addRevision: (spec, at) => writer.transaction().execute((trx) => addRevision(trx, spec, at)),
    spec: async (clusterId, revision) => {
      const query = reader.selectFrom("specs").select("document").where("cluster_id", "=", clusterId);
      const row = await query.where("revision", "=", revision).executeTakeFirst();
      return row ? parseDocument<ClusterSpec>(row.document) : null;
    },
    revisions: (clusterId) =>
      reader.selectFrom("specs").select(["revision", "at"]).where("cluster_id", "=", clusterId).orderBy("revision").execute(),
    setState: (clusterId, state, at, holder) => write(holder, (trx) => setState(trx, clusterId, state, at)),
    setLiveRevision: (clusterId, revision, holder) =>
      write(holder, async (trx) => {
        await trx.updateTable("clusters").set({ live_revision: revision }).where("id", "=", clusterId).returning("id").executeTakeFirstOrThrow(unknown(clusterId));
      }),
    addPlan: (plan, holder) => write(holder, (trx) => addPlan(trx, plan)),
    plan: async (id) => {
      const row = await reader.selectFrom("plans").select("document").where("id", "=", id).executeTakeFirst();
      return row ? parseDocument<Plan>(row.document) : null;
    },
    plans: async (clusterId) => {
      const rows = await reader.selectFrom("plans").select("document").where("cluster_id", "=", clusterId).orderBy("number").execute();
      return rows.map((r) => parseDocument<Plan>(r.document));
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
        const set = trx.updateTable("clusters").set({ receipt: JSON.stringify(receipt) }).where("id", "=", clusterId);
        await set.returning("id").executeTakeFirstOrThrow(unknown(clusterId));
      }),
    committed: () => committed(database),
  };
}

const goneLast = sql`case when state = 'gone' then 1 else 0 end`;

const unknown = (clusterId: string) => () => new Error(`writing to cluster ${clusterId}: there is no such cluster`);

type NewCluster = Parameters<ClusterStore["create"]>[0];

async function create(database: BerthDatabase, trx: Trx, c: NewCluster, toSpec: (networkIndex: number) => ClusterSpec): Promise<Cluster> {
  await oneAtATime(trx, database.engine, "create");
  const living = trx.selectFrom("clusters").where("state", "<>", "gone");
  const namesake = await living.select("id").where("tenant_id", "=", c.tenantId).where("name", "=", c.name).executeTakeFirst();
  if (namesake) throw new NameTaken(`this tenant has a cluster named ${c.name} already`);
  const taken = await living.select("network_index").execute();
  const index = lowestFree(new Set(taken.map((t) => t.network_index)), c.indexLimit);
  const row = await trx.insertInto("clusters").values(newRow(c, index)).returningAll().executeTakeFirstOrThrow();
  const spec = toSpec(index);
  if (spec.revision !== 1) throw new RevisionConflict(`creating cluster ${c.name}: its first revision is numbered ${spec.revision}`);
  await insertSpec(trx, spec, c.createdAt);
  return toCluster(row);
}

function lowestFree(taken: ReadonlySet<number>, limit: number): number {
  for (let index = 0; index < limit; index++) if (!taken.has(index)) return index;
  throw new RangeExhausted(`all ${limit} cluster networks of the address range are taken`);
}

const newRow = (c: NewCluster, networkIndex: number): ClusterRow => ({
  id: c.id,
  tenant_id: c.tenantId,
  name: c.name,
  network_index: networkIndex,
  state: "draft",
  revision: 1,
  live_revision: 0,
  state_serial: 0,
  last_plan_number: 0,
  generation: 0,
  created_at: c.createdAt,
  ready_at: null,
  gone_at: null,
  receipt: null,
});

async function addRevision(trx: Trx, spec: ClusterSpec, at: number): Promise<void> {
  const next = trx.updateTable("clusters").set({ revision: spec.revision }).where("id", "=", spec.clusterId);
  const moved = await next.where("revision", "=", spec.revision - 1).returning("id").executeTakeFirst();
  if (!moved) throw new RevisionConflict(`revision ${spec.revision} of cluster ${spec.name} does not follow its newest`);
  await insertSpec(trx, spec, at);
}

async function insertSpec(trx: Trx, spec: ClusterSpec, at: number): Promise<void> {
  const total = (size: (m: ClusterSpec["machines"][number]) => number) => spec.machines.reduce((sum, m) => sum + size(m), 0);
  const row: SpecRow = {
    cluster_id: spec.clusterId,
    revision: spec.revision,
    at,
    machines: spec.machines.length,
    vcpus: total((m) => m.vcpus),
    memory_mib: total((m) => m.memoryMiB),
    disk_gib: total((m) => m.diskGiB),
    document: JSON.stringify(spec),
  };
  await trx.insertInto("specs").values(row).execute();
}

/** A cluster that is gone stays gone: its name and addresses may belong to another one by now. */
async function setState(trx: Trx, clusterId: string, state: ClusterState, at: number): Promise<void> {
  const first = { ready_at: sql<number>`coalesce(ready_at, ${at})` };
  const times = state === "ready" ? first : state === "gone" ? { gone_at: at } : {};
  const living = trx.updateTable("clusters").set({ state, ...times }).where("id", "=", clusterId).where("state", "<>", "gone");
  const moved = await living.returning("id").executeTakeFirst();
  if (!moved) throw new Error(`setting cluster ${clusterId} to ${state}: it is gone or unknown`);
}

async function addPlan(trx: Trx, plan: Omit<Plan, "number">): Promise<Plan> {
  const next = trx.updateTable("clusters").set({ last_plan_number: sql<number>`last_plan_number + 1` }).where("id", "=", plan.clusterId);
  const { last_plan_number: number } = await next.returning("last_plan_number").executeTakeFirstOrThrow(unknown(plan.clusterId));
  const numbered: Plan = { ...plan, number };
  await trx.insertInto("plans").values({ id: plan.id, cluster_id: plan.clusterId, number, document: JSON.stringify(numbered) }).execute();
  return numbered;
}

async function committed(database: BerthDatabase): Promise<{ vcpus: number; memoryMiB: number; diskGiB: number }> {
  const sum = (column: "vcpus" | "memory_mib" | "disk_gib") => sql<number>`coalesce(sum(${sql.ref(`s.${column}`)}), 0)`;
  return await database.reader
    .selectFrom("clusters as c")
    .innerJoin("specs as s", (join) => join.onRef("s.cluster_id", "=", "c.id").onRef("s.revision", "=", "c.revision"))
    .select([sum("vcpus").as("vcpus"), sum("memory_mib").as("memoryMiB"), sum("disk_gib").as("diskGiB")])
    .where("c.state", "<>", "gone")
    .executeTakeFirstOrThrow();
}
