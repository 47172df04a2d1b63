/** Rows to domain objects. Documents are written by Berth only, so they are read back without being checked again. */
import { readEvent } from "#app/domain/cluster/schema-1.ts";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import type { DriftRequest } from "#app/domain/drift/drift-request.ts";
import type { JournalEntry } from "#app/domain/operation/event.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import type { PlanHead } from "#app/domain/plan/plan.ts";
import type { Person, Tenant } from "#app/domain/tenant.ts";
import { amountsOf } from "./stores/reservations.ts";
import type { ClusterRow, JournalRow, OperationRow, PersonRow, PlanTableRow, TenantRow } from "#app/adapters/sql/schema.ts";

export const parseDocument = <T>(text: string): T => JSON.parse(text) as T;

export const toOperation = (row: OperationRow): Operation => ({
  id: row.id,
  tenantId: row.tenant_id,
  clusterId: row.cluster_id,
  kind: row.kind,
  state: row.state,
  specRevision: row.spec_revision,
  planKind: row.plan_kind,
  planId: row.plan_id,
  drift: row.drift === null ? null : parseDocument<DriftRequest>(row.drift),
  requestedBy: row.requested_by,
  requestedByName: row.requested_by_name,
  requestedAt: row.requested_at,
  startedAt: row.started_at,
  endedAt: row.ended_at,
  cancelRequestedAt: row.cancel_requested_at,
  attempt: row.attempt,
  failure: row.failure === null ? null : parseDocument<Failure>(row.failure),
});

export const toEntry = (row: JournalRow): JournalEntry => ({
  operationId: row.operation_id,
  seq: row.seq,
  at: row.at,
  event: readEvent(parseDocument(row.event)),
});

export const toCluster = (row: ClusterRow): Cluster => ({
  id: row.id,
  tenantId: row.tenant_id,
  name: row.name,
  hostId: row.host_id,
  networkIndex: row.network_index,
  reserved: amountsOf(row),
  state: row.state,
  revision: row.revision,
  liveRevision: row.live_revision,
  createdAt: row.created_at,
  changedAt: row.changed_at,
  readyAt: row.ready_at,
  goneAt: row.gone_at,
});

export const toPlanHead = (row: Omit<PlanTableRow, "document">): PlanHead => ({
  id: row.id,
  clusterId: row.cluster_id,
  operationId: row.operation_id,
  kind: row.kind,
  number: row.number,
  fromRevision: row.from_revision,
  specRevision: row.spec_revision,
  stateSerial: row.state_serial,
  createdAt: row.created_at,
});

export const toPerson = (row: PersonRow): Person => ({
  id: row.id,
  name: row.name,
  operator: row.operator === 1,
  createdAt: row.created_at,
});

export const toTenant = (row: TenantRow): Tenant => ({ id: row.id, slug: row.slug, createdAt: row.created_at });
