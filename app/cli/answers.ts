/** The API's answers as the command line reads them. Their shapes are the contract's; the portal may be older than this program. */
import type { cluster, clusterView, createdCluster, receiptView } from "#app/contract/clusters.ts";
import type { driftView } from "#app/contract/drift.ts";
import type { image, readiness, setup } from "#app/contract/hosts.ts";
import type { entries, entry, operation } from "#app/contract/operations.ts";
import type { me, tenant } from "#app/contract/people.ts";
import type { planView } from "#app/contract/plans.ts";
import type { ApiAnswer } from "#app/contract/shapes.ts";

/** These members are absent from a portal that is older than this program. */
type Newer<T, Names extends keyof T> = Omit<T, Names> & { readonly [Name in Names]?: T[Name] | undefined };

export type TenantAnswer = ApiAnswer<typeof tenant>;
export type MeAnswer = Newer<ApiAnswer<typeof me>, "own">;

export type OperationAnswer = Newer<ApiAnswer<typeof operation>, "purpose" | "turn">;
export type EntryAnswer = ApiAnswer<typeof entry>;
export type EntriesAnswer = ApiAnswer<typeof entries>;

/** The first update of a cluster is its creation; everything else goes by its kind. */
export const kindOf = ({ kind, purpose }: Pick<OperationAnswer, "kind" | "purpose">): string => (purpose === "create" ? purpose : kind);

export type ClusterAnswer = Newer<ApiAnswer<typeof cluster>, "live">;
export type ClusterViewAnswer = Newer<ApiAnswer<typeof clusterView>, "certificates">;
export type CreatedAnswer = ApiAnswer<typeof createdCluster>;
export type ReceiptAnswer = ApiAnswer<typeof receiptView>;
export type DriftAnswer = ApiAnswer<typeof driftView>;

type PlanView = ApiAnswer<typeof planView>;
type RefusalAnswer = Newer<PlanView["plan"]["refusals"][number], "message">;
export type PlanAnswer = Omit<PlanView, "plan"> & {
  readonly plan: Omit<PlanView["plan"], "refusals"> & { readonly refusals: readonly RefusalAnswer[] };
};

export type ReadinessAnswer = ApiAnswer<typeof readiness>;
export type SetupAnswer = ApiAnswer<typeof setup>;
export type ImageAnswer = ApiAnswer<typeof image>;
