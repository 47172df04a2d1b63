/**
 * The tables, as typed rows. One portable schema for both engines: ids and JSON documents are text, times are epoch
 * milliseconds, booleans are 0 or 1. `migrations.ts` makes them.
 */
import type { HostId, HostState } from "#app/domain/host/libvirt-host.ts";
import type { ClusterState } from "#app/domain/cluster/cluster.ts";
import type { OrphanKind, OrphanReason } from "#app/domain/operation/orphans.ts";
import type { OperationKind, PlanKind } from "#app/domain/operation/kinds.ts";
import type { OperationState } from "#app/domain/operation/operation.ts";
import type { MemberRole } from "#app/domain/tenant.ts";

export interface Tables {
  people: PersonRow;
  tenants: TenantRow;
  memberships: MembershipRow;
  sessions: SessionRow;
  tokens: TokenRow;
  invites: InviteRow;
  hosts: HostRow;
  clusters: ClusterRow;
  specs: SpecRow;
  plans: PlanTableRow;
  operations: OperationRow;
  journal: JournalRow;
  tenant_keys: TenantKeyRow;
  sealed: SealedRow;
  drift: DriftTableRow;
  orphans: OrphanRow;
  journal_segments: SegmentRow;
  schema_writers: SchemaWriterRow;
  tenant_turns: TenantTurnRow;
  requests: RequestRow;
}

export type Engine = "sqlite" | "postgres";

export interface PersonRow {
  id: string;
  name: string;
  password_hash: string;
  operator: number;
  created_at: number;
  disabled_at: number | null;
  last_sign_in_at: number | null;
}

export interface TenantRow {
  id: string;
  slug: string;
  created_at: number;
}

/** When a tenant last had its turn in the queue, as a number that counts up over all tenants. */
export interface TenantTurnRow {
  tenant_id: string;
  last_turn: number;
}

/** A request that carried an idempotency key. `answer` is open text; an answer with a secret in it is `sealed`. */
export interface RequestRow {
  person_id: string;
  request_key: string;
  request_id: string;
  digest: string;
  state: "running" | "answered" | "refused";
  /** The attempt that carries it out, and until when that counts. */
  holder: string;
  lease_until: number;
  answer: string | null;
  sealed: string | null;
  sealed_tenant: string | null;
  sealed_until: number | null;
  created_at: number;
  expires_at: number;
}

export interface MembershipRow {
  tenant_id: string;
  person_id: string;
  role: MemberRole;
}

export interface SessionRow {
  hash: string;
  person_id: string;
  created_at: number;
  expires_at: number;
}

export interface TokenRow {
  id: string;
  hash: string;
  person_id: string;
  label: string;
  created_at: number;
  expires_at: number | null;
}

export interface InviteRow {
  hash: string;
  operator: number;
  created_by: string | null;
  created_at: number;
  expires_at: number;
  used_at: number | null;
}

export interface HostRow {
  id: HostId;
  name: string;
  state: HostState;
  network_range: string;
  port_base: number;
  published_host: string;
  memory_reserve_mib: number;
}

export interface ClusterRow {
  id: string;
  tenant_id: string;
  name: string;
  host_id: HostId;
  network_index: number;
  /** 1: the network index and these amounts of its libvirt host are its own. */
  reserved: number;
  reserved_vcpus: number;
  reserved_memory_mib: number;
  reserved_disk_gib: number;
  state: ClusterState;
  revision: number;
  live_revision: number;
  state_serial: number;
  last_plan_number: number;
  /** Of the newest claim of its stack; only grows. */
  generation: number;
  created_at: number;
  /** When a revision was written or an operation queued last. */
  changed_at: number;
  ready_at: number | null;
  gone_at: number | null;
  receipt: string | null;
}

/** The totals repeat what the document says, so that lists, reservations and durations need not read it. */
export interface SpecRow {
  cluster_id: string;
  revision: number;
  at: number;
  machines: number;
  vcpus: number;
  memory_mib: number;
  disk_gib: number;
  document: string;
}

export interface PlanTableRow {
  id: string;
  cluster_id: string;
  number: number;
  /** What lists show, repeated from the document. */
  operation_id: string;
  kind: PlanKind;
  from_revision: number;
  spec_revision: number;
  state_serial: number;
  created_at: number;
  document: string;
}

export interface OperationRow {
  id: string;
  tenant_id: string;
  cluster_id: string;
  kind: OperationKind;
  plan_kind: PlanKind;
  state: OperationState;
  spec_revision: number;
  plan_id: string | null;
  drift: string | null;
  requested_by: string;
  requested_by_name: string;
  requested_at: number;
  started_at: number | null;
  ended_at: number | null;
  cancel_requested_at: number | null;
  attempt: number;
  failure: string | null;
  idempotency_key: string | null;
  body_hash: string | null;
  /** Highest `seq` in the journal: its row lock is what makes seq gap-free. */
  last_seq: number;
  /** The lease: generation, holder and end. All null while nobody holds it. */
  generation: number | null;
  worker_id: string | null;
  lease_until: number | null;
  /** Entries up to here lie in segments, later ones in rows. */
  packed_seq: number;
}

export interface OrphanRow {
  host_id: HostId;
  kind: OrphanKind;
  name: string;
  tenant_id: string | null;
  cluster_id: string | null;
  reason: OrphanReason;
  since: number;
}

export interface JournalRow {
  operation_id: string;
  seq: number;
  at: number;
  event: string;
}

export interface SegmentRow {
  operation_id: string;
  first_seq: number;
  last_seq: number;
  body: Buffer;
}

export interface SchemaWriterRow {
  step: string;
  version: string;
}

export interface TenantKeyRow {
  tenant_id: string;
  wrapped: string;
}

/** `cluster_id` is empty for what belongs to the tenant itself. */
export interface SealedRow {
  tenant_id: string;
  cluster_id: string;
  kind: string;
  sealed: string;
}

/** What was seen of a cluster and decided about it, as one document. */
export interface DriftTableRow {
  cluster_id: string;
  document: string;
  /** Since when somebody wants a check, repeated from the document. */
  wanted_at: number | null;
}
