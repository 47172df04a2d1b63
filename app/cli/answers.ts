/** The parts of the API's answers that the command line reads. */
import type { JournalEntry } from "#app/domain/operation/event.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import type { OperationKind, Purpose } from "#app/domain/operation/kinds.ts";
import type { OperationState } from "#app/domain/operation/operation.ts";
import type { Turn } from "#app/domain/operation/standing.ts";
import type { Plan } from "#app/domain/plan/plan.ts";
import type { Readiness, SetupState } from "#app/domain/setup.ts";

export interface TenantAnswer {
  readonly slug: string;
  readonly role: string | null;
  readonly clusters: number;
  readonly createdAt: number;
}

export interface MeAnswer {
  readonly name: string;
  readonly operator: boolean;
  readonly tenants: readonly TenantAnswer[];
  /** The tenant that is meant where none is named. Absent from a portal that is older than this program. */
  readonly own?: string | null;
}

export interface OperationAnswer {
  readonly id: string;
  readonly tenant: string;
  readonly cluster: string;
  readonly kind: OperationKind;
  /** Absent from a portal that is older than this program. */
  readonly purpose?: Purpose;
  readonly state: OperationState;
  readonly planNumber: number | null;
  readonly requestedBy: string;
  readonly requestedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly estimateSeconds: number | null;
  readonly failure: Failure | null;
  /** Whose turn it is while it is interrupted. Absent from a portal that is older than this program. */
  readonly turn?: Turn | null;
}

/** The first update of a cluster is its creation; everything else goes by its kind. */
export const kindOf = ({ kind, purpose }: Pick<OperationAnswer, "kind" | "purpose">): string => (purpose === "create" ? purpose : kind);

export interface ClusterAnswer {
  readonly tenant: string;
  readonly name: string;
  readonly state: string;
  readonly kubernetesVersion: string;
  readonly revision: number;
  readonly liveRevision: number;
  readonly controlPlanes: number;
  readonly workers: number;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly diskGiB: number;
  /** Of the live revision; null: nothing lives; absent from a portal that is older than this program. */
  readonly live?: { readonly controlPlanes: number; readonly workers: number; readonly vcpus: number; readonly memoryMiB: number; readonly diskGiB: number } | null | undefined;
  readonly createdAt: number;
}

export interface ClusterViewAnswer {
  readonly summary: ClusterAnswer;
  readonly nodes: readonly { readonly name: string; readonly role: string; readonly address: string; readonly vcpus: number; readonly memoryMiB: number; readonly diskGiB: number; readonly machine: string; readonly sshCommand: string }[];
  readonly access: { readonly apiServer: string | null; readonly contextName: string; readonly kubeconfigReady: boolean };
  /** Absent from a portal that is older than this program. */
  readonly certificates?: { readonly ends: readonly { readonly kind: string; readonly endsAt: number; readonly source: string; readonly standing: string }[]; readonly due: boolean } | null;
}

export interface CreatedAnswer {
  readonly cluster: ClusterAnswer;
  readonly operation: OperationAnswer;
  readonly generatedKey: { readonly publicKey: string; readonly privateKey: string } | null;
}

export interface PlanAnswer {
  readonly plan: Plan;
  readonly moved: readonly string[];
  readonly losesData: readonly string[];
  readonly nameNeeded: boolean;
  readonly estimateSeconds: number | null;
}

export interface EntriesAnswer {
  readonly entries: readonly JournalEntry[];
  readonly cursor: number;
  readonly over: boolean;
}

export interface SetupAnswer {
  readonly state: SetupState;
  readonly readiness: Readiness;
}

export interface ImageAnswer {
  readonly name: string;
  readonly kind: string;
  readonly kubernetesVersion: string | null;
  readonly sizeBytes: number;
  readonly builtAt: string;
}

export interface ReceiptAnswer {
  readonly receipt: { readonly rows: readonly { readonly what: string; readonly name: string; readonly gone: boolean; readonly proof: string }[] };
}

export interface DriftAnswer {
  readonly at: number | null;
  readonly looking: boolean;
  readonly stale: boolean;
  readonly sources: Readonly<Record<string, string>>;
  readonly trouble: { readonly at: number; readonly message: string } | null;
  readonly rows: readonly {
    readonly id: string;
    readonly expected: string;
    readonly found: string;
    readonly impact: string;
    readonly repair: string;
    readonly adopt: boolean;
    readonly since: number;
    readonly open: boolean;
    readonly ignored: { readonly until: number; readonly by: string } | null;
  }[];
}
