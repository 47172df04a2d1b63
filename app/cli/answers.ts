/** The parts of the API's answers that the command line reads. */
import type { JournalEntry, OperationEvent } from "#app/domain/operation/event.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import type { OperationKind, Purpose } from "#app/domain/operation/kinds.ts";
import type { OperationState } from "#app/domain/operation/operation.ts";
import type { Turn } from "#app/domain/operation/standing.ts";
import type { Plan } from "#app/domain/plan/plan.ts";
import type { Readiness, SetupStepId } from "#app/domain/setup.ts";

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
  readonly failure: FailureAnswer | null;
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
  readonly plan: Omit<Plan, "refusals"> & { readonly refusals: readonly { readonly code: string; /** Absent from a portal that is older than this program. */ readonly message?: string }[] };
  readonly moved: readonly string[];
  readonly losesData: readonly string[];
  readonly nameNeeded: boolean;
  readonly estimateSeconds: number | null;
}

/** Messages come as English texts, with their codes beside them. */
export type EntryAnswer = Omit<JournalEntry, "event"> & { readonly event: EventAnswer };

type EventAnswer =
  | Exclude<OperationEvent, { readonly kind: "state" | "notice" | "failure" | "cancel-rung" | "recovery" }>
  | { readonly kind: "state"; readonly to: OperationState; readonly reason: string | null; readonly by: string | null }
  | { readonly kind: "notice"; readonly level: "note" | "warning" | "error"; readonly machine: string | null; readonly message: string }
  | { readonly kind: "failure"; readonly failure: FailureAnswer }
  | { readonly kind: "cancel-rung"; readonly rung: string; readonly stays: readonly string[] }
  | { readonly kind: "recovery"; readonly automatic: boolean; readonly did: readonly string[] };

type FailureAnswer = Omit<Failure, "reasons"> & { readonly message: string };

export interface EntriesAnswer {
  readonly entries: readonly EntryAnswer[];
  readonly cursor: number;
  readonly over: boolean;
}

export interface SetupStepAnswer {
  readonly id: SetupStepId;
  readonly step:
    | { readonly state: "waiting" | "running" }
    | { readonly state: "done"; readonly outcome: string }
    | { readonly state: "failed"; readonly reason: string; readonly mend: string };
  readonly estimateSeconds: number;
}

export interface SetupAnswer {
  readonly state: { readonly steps: readonly SetupStepAnswer[] };
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
