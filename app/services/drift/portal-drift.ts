/** What the portal can do about drift; part of the portal's services. */
import type { driftView } from "#app/contract/drift.ts";
import type { Answer } from "#app/contract/shapes.ts";
import type { Actor } from "#app/domain/tenant.ts";
import type { ClusterRef, OperationSummary } from "#app/services/portal.ts";
import type { KeyedRequest } from "#app/services/idempotent-requests.ts";

export type DriftRowView = DriftView["rows"][number];

export type DriftRights = DriftView["may"];

export type DriftView = Answer<typeof driftView>;

export interface DriftServices {
  get(actor: Actor, ref: ClusterRef): Promise<DriftView>;
  /** Asks for a check as soon as possible. */
  check(actor: Actor, ref: ClusterRef): Promise<DriftView>;
  /** Queues a preview whose plan repairs these rows; `ids` null: all that are open. Problem `nothing-changed` without any. */
  repair(actor: Actor, ref: ClusterRef, ids: readonly string[] | null, keyed: KeyedRequest | null): Promise<OperationSummary>;
  /** Writes a revision that says what is there, and queues its preview. Problem `drift-stale` after a change that no check has seen. */
  adopt(actor: Actor, ref: ClusterRef, id: string, keyed: KeyedRequest | null): Promise<OperationSummary>;
  /** Takes the row off the open ones for so many days, or until it changes; 0: shows it again. */
  ignore(actor: Actor, ref: ClusterRef, id: string, days: number): Promise<DriftView>;
}
