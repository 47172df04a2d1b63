/** A home with many clusters and operations in SQLite, written row by row in large transactions: what a portal would have after years. */
import { localHost } from "#app/domain/host/libvirt-host.ts";
import { message } from "#app/domain/message/message.ts";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { systemSecrets } from "#app/adapters/auth/secrets.ts";
import { type BerthDatabase, openDatabase } from "#app/adapters/sql/database/database.ts";
import { addressOf, type ClusterSpec, controlPlaneOf } from "#app/domain/cluster/spec.ts";
import type { ClusterRow, OperationRow, PlanTableRow, SpecRow, Tables } from "#app/adapters/sql/schema.ts";
import { sqlStores } from "#app/adapters/sql/stores.ts";
import { planOf, specOf } from "#tests/contract/fixtures.ts";

export interface HomeShape {
  readonly clusters: number;
  readonly operations: number;
  /** All but the first have ten clusters each; the first has the rest. */
  readonly tenants: number;
  readonly people: number;
}

export interface ListHome {
  /** API token of an operator. */
  readonly operator: string;
  /** Of the owner of the largest tenant. */
  readonly owner: string;
  readonly tenant: string;
  /** The cluster of that tenant that has a long history. */
  readonly cluster: string;
}

const start = Date.UTC(2026, 0, 1);
const minute = 60_000;
const largest = "harbour";
const storied = "c00000";
const id = (kind: string, at: number): string => `${kind}-${String(at).padStart(8, "0")}`;
const nameOf = (at: number): string => `c${String(at).padStart(5, "0")}`;

export async function makeListHome(home: string, shape: HomeShape): Promise<ListHome> {
  await mkdir(home, { recursive: true });
  await chmod(home, 0o700);
  const database = await openDatabase({ kind: "sqlite", path: join(home, "berth.sqlite") });
  try {
    const tokens = await addPeople(database, shape);
    await inBatches(shape.clusters, (from, to) => addClusters(database, shape, from, to));
    await inBatches(shape.operations, (from, to) => addOperations(database, shape, from, to));
    return { ...tokens, tenant: largest, cluster: storied };
  } finally {
    await database.close();
  }
}

const batch = 1_000;

async function inBatches(count: number, add: (from: number, to: number) => Promise<void>): Promise<void> {
  for (let from = 0; from < count; from += batch) await add(from, Math.min(count, from + batch));
}

const tenantAt = (at: number): string => id("tenant", at);
const slugAt = (at: number): string => (at === 0 ? largest : `team-${String(at).padStart(4, "0")}`);

async function addPeople(database: BerthDatabase, { tenants, people }: HomeShape): Promise<Pick<ListHome, "operator" | "owner">> {
  await database.writer.transaction().execute(async (trx) => {
    for (let i = 0; i < tenants; i++)
      await trx
        .insertInto("tenants")
        .values({ id: tenantAt(i), slug: slugAt(i), created_at: start })
        .execute();
    for (let i = 0; i < people; i++) {
      const person = {
        id: id("person", i),
        name: i === 0 ? "root" : `person-${i}`,
        password_hash: "none",
        operator: i === 0 ? 1 : 0,
        created_at: start,
        disabled_at: null,
        last_sign_in_at: null,
      };
      await trx.insertInto("people").values(person).execute();
      if (i > 0)
        await trx
          .insertInto("memberships")
          .values({ tenant_id: tenantAt((i - 1) % tenants), person_id: person.id, role: "owner" })
          .execute();
    }
  });
  return { operator: await addToken(database, 0), owner: await addToken(database, 1) };
}

async function addToken(database: BerthDatabase, person: number): Promise<string> {
  const token = `berth_${systemSecrets.secret()}`;
  await sqlStores(database).people.addToken({
    id: id("token", person),
    hash: systemSecrets.digest(token),
    personId: id("person", person),
    label: "bench",
    createdAt: start,
    expiresAt: null,
  });
  return token;
}

const perSmallTenant = 10;

/** The last clusters belong to the small tenants. */
function ownerOf(at: number, { clusters, tenants }: HomeShape): string {
  const fromEnd = Math.floor((clusters - 1 - at) / perSmallTenant);
  return tenantAt(fromEnd < tenants - 1 ? fromEnd + 1 : 0);
}

const states = ["ready", "ready", "ready", "degraded", "draft", "gone"] as const;
const stateOf = (at: number) => states[at % states.length] ?? "ready";

async function addClusters(database: BerthDatabase, shape: HomeShape, from: number, to: number): Promise<void> {
  const rows = Array.from({ length: to - from }, (_, i) => clusterRow(from + i, shape));
  const specs = rows.map((row, i) => specRow(row, from + i));
  const receipts = rows.filter((row) => row.state === "gone");
  await database.writer.transaction().execute(async (trx) => {
    for (const row of rows)
      await trx
        .insertInto("clusters")
        .values(receipts.includes(row) ? { ...row, receipt: receiptOf(row) } : row)
        .execute();
    for (const row of specs) await trx.insertInto("specs").values(row).execute();
    for (const row of rows) if (row.state === "degraded") await trx.insertInto("drift").values(driftRow(row)).execute();
    if (from === 0) for (const row of history()) await trx.insertInto("plans").values(row).execute();
  });
}

function clusterRow(at: number, shape: HomeShape): ClusterRow {
  const state = stateOf(at);
  const isReserved = state === "ready" || state === "degraded";
  return {
    id: id("cluster", at),
    tenant_id: ownerOf(at, shape),
    name: nameOf(at),
    host_id: localHost,
    network_index: at,
    reserved: isReserved ? 1 : 0,
    reserved_vcpus: isReserved ? 4 : 0,
    reserved_memory_mib: isReserved ? 4096 : 0,
    reserved_disk_gib: isReserved ? 20 : 0,
    state,
    revision: 1,
    live_revision: state === "draft" ? 0 : 1,
    state_serial: 1,
    last_plan_number: at === 0 ? plansOfStoried : 0,
    generation: 0,
    created_at: start + at * minute,
    changed_at: Date.now(),
    ready_at: state === "draft" ? null : start + at * minute,
    gone_at: state === "gone" ? start + at * minute : null,
    receipt: null,
  };
}

function specRow(row: ClusterRow, at: number): SpecRow {
  const workers = 1 + (at % 3);
  const plain = specOf({ clusterId: row.id, tenantId: row.tenant_id, name: row.name, index: at % 250, workers });
  const spec: ClusterSpec = {
    ...plain,
    blueprint: "single",
    kubernetes: plain.kubernetes.map((k) => ({
      ...k,
      distribution: "kubeadm",
      endpoint: { address: addressOf(controlPlaneOf(plain)), port: 6443 },
    })),
  };
  const machines = spec.machines.length;
  return {
    cluster_id: row.id,
    revision: 1,
    at: row.created_at,
    machines,
    vcpus: machines * 2,
    memory_mib: machines * 2048,
    disk_gib: machines * 10,
    document: JSON.stringify(spec),
  };
}

const receiptOf = (row: ClusterRow): string =>
  JSON.stringify({
    operationId: "none",
    at: row.gone_at,
    by: "person-1",
    rows: Array.from({ length: 12 }, (_, i) => ({ what: "disk", name: `b0abcde-w${i}`, gone: true, proof: message("no-disk") })),
  });

function driftRow(row: ClusterRow): Tables["drift"] {
  const rows = Array.from({ length: 20 }, (_, i) => ({
    id: `machine-stopped:w${i}`,
    kind: "machine-stopped",
    subject: `w${i}`,
    machine: `w${i}`,
    expected: "running",
    found: "stopped",
    impact: "none",
    repair: "plan",
    adopt: false,
    since: row.created_at,
    ignored: null,
  }));
  const seen = { host: "seen", engine: "seen", nodes: "seen" };
  const document = {
    at: row.created_at,
    revision: 1,
    sources: seen,
    trouble: null,
    rows,
    wantedAt: null,
    lookingUntil: null,
    certificateEndsAt: null,
  };
  return { cluster_id: row.id, document: JSON.stringify(document), wanted_at: null };
}

const plansOfStoried = 500;

function history(): readonly PlanTableRow[] {
  return Array.from({ length: plansOfStoried }, (_, i) => {
    const plan = {
      ...planOf({ id: id("cluster", 0), tenantId: tenantAt(0) } as Parameters<typeof planOf>[0], {
        id: id("plan", i),
        operationId: id("operation", i),
      }),
      number: i + 1,
    };
    return {
      id: plan.id,
      cluster_id: plan.clusterId,
      number: plan.number,
      operation_id: plan.operationId,
      kind: "update",
      from_revision: 0,
      spec_revision: 1,
      state_serial: 0,
      created_at: start + i * minute,
      document: JSON.stringify(plan),
    };
  });
}

/** A hundredth of them belong to the one cluster with a long history. */
async function addOperations(database: BerthDatabase, shape: HomeShape, from: number, to: number): Promise<void> {
  const rows = Array.from({ length: to - from }, (_, i) => operationRow(from + i, shape));
  await database.writer.transaction().execute(async (trx) => {
    for (const row of rows) await trx.insertInto("operations").values(row).execute();
  });
}

const kinds = ["preview", "update", "preview", "destroy"] as const;
const ends = ["succeeded", "succeeded", "failed", "cancelled"] as const;

function operationRow(at: number, shape: HomeShape): OperationRow {
  const cluster = at % 100 === 0 ? 0 : at % shape.clusters;
  const requested = start + at * minute;
  const kind = kinds[at % kinds.length] ?? "preview";
  // The newest are not over: one for each of some clusters.
  const isQueued = at >= shape.operations - Math.min(50, shape.clusters) && kind === "preview" && cluster !== 0;
  return {
    id: id("operation", at),
    tenant_id: ownerOf(cluster, shape),
    cluster_id: id("cluster", cluster),
    kind,
    plan_kind: kind === "destroy" ? "destroy" : "update",
    state: isQueued ? "queued" : (ends[(at >> 2) % ends.length] ?? "succeeded"),
    spec_revision: 1,
    plan_id: null,
    drift: null,
    requested_by: id("person", 1),
    requested_by_name: "person-1",
    requested_at: requested,
    started_at: isQueued ? null : requested + 1_000,
    ended_at: isQueued ? null : requested + 240_000,
    cancel_requested_at: null,
    attempt: isQueued ? 0 : 1,
    failure: null,
    idempotency_key: null,
    body_hash: null,
    last_seq: 0,
    generation: null,
    worker_id: null,
    lease_until: null,
    packed_seq: 0,
  };
}
