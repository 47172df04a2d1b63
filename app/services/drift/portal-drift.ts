/** What the portal can do about drift; part of the portal's services. */
import type { Message } from "#app/domain/message/message.ts";
import type { DriftRow, DriftSources } from "#app/domain/drift/drift.ts";
import type { Actor } from "#app/domain/tenant.ts";
import type { ClusterRef, ClusterSummary, OperationSummary } from "#app/services/portal.ts";
import type { KeyedRequest } from "#app/services/idempotent-requests.ts";

export interface DriftRowView extends DriftRow {
  /** False while it is ignored. */
  readonly open: boolean;
}

export interface DriftRights {
  readonly look: boolean;
  readonly repair: boolean;
  readonly adopt: boolean;
  readonly ignore: boolean;
}

export interface DriftView {
  readonly cluster: ClusterSummary;
  /** Of the last look that came to something; null before the first. */
  readonly at: number | null;
  /** The live revision that it was compared with. */
  readonly revision: number;
  readonly sources: DriftSources;
  /** Why the newest look came to nothing, if it did not. */
  readonly trouble: { readonly at: number; readonly reasons: readonly Message[] } | null;
  /** A look is asked for or under way. */
  readonly looking: boolean;
  /** The cluster was changed since the last look. */
  readonly stale: boolean;
  /** When the schedule looks again; null: only when asked. */
  readonly nextAt: number | null;
  readonly everyMinutes: number;
  readonly rows: readonly DriftRowView[];
  readonly may: DriftRights;
}

export interface DriftServices {
  get(actor: Actor, ref: ClusterRef): Promise<DriftView>;
  /** Asks for a look as soon as possible. */
  look(actor: Actor, ref: ClusterRef): Promise<DriftView>;
  /** Queues a preview whose plan repairs these rows; `ids` null: all that are open. Problem `nothing-changed` without any. */
  repair(actor: Actor, ref: ClusterRef, ids: readonly string[] | null, keyed: KeyedRequest | null): Promise<OperationSummary>;
  /** Writes a revision that says what is there, and queues its preview. Problem `drift-stale` after a change that no look has seen. */
  adopt(actor: Actor, ref: ClusterRef, id: string, keyed: KeyedRequest | null): Promise<OperationSummary>;
  /** Takes the row off the open ones for so many days, or until it changes; 0: shows it again. */
  ignore(actor: Actor, ref: ClusterRef, id: string, days: number): Promise<DriftView>;
}
