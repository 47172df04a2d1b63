/**
 * Drafts: a tenant may have so many, and those that nobody changes are discarded. A draft reserves nothing, but it is a
 * row in every list, and keys in the secret store.
 */
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import type { ClusterStore } from "#app/ports/cluster-store.ts";
import type { SecretStore } from "#app/ports/secret-store.ts";
import { pause } from "#app/services/pause.ts";

export interface DraftSettings {
  readonly maxPerTenant: number;
  /** After so many days without a change a draft is discarded; 0: never. */
  readonly days: number;
}

export interface DraftPorts {
  readonly clusters: ClusterStore;
  readonly secretStore: SecretStore;
  readonly now: () => number;
}

const dayMs = 86_400_000;

/** Its keys go with it. False when it is no draft, when an operation of it is unfinished, or when it was changed since. */
export async function discardDraft(
  { clusters, secretStore, now }: DraftPorts,
  clusterId: string,
  unchangedSince?: number,
): Promise<boolean> {
  if (!(await clusters.discardDraft(clusterId, now(), unchangedSince))) return false;
  await secretStore.removeCluster(clusterId);
  return true;
}

/** When a draft that was last changed then is discarded; null: never. Epoch milliseconds. */
export const expiryOf = (changedAt: number, { days }: DraftSettings): number | null => (days === 0 ? null : changedAt + days * dayMs);

const perRun = 200;

/** Returns the drafts that were discarded. */
export async function discardExpiredDrafts(ports: DraftPorts, { days }: DraftSettings): Promise<readonly Cluster[]> {
  if (days === 0) return [];
  const discarded: Cluster[] = [];
  const since = ports.now() - days * dayMs;
  for (const draft of await ports.clusters.draftsUnchangedSince(since, perRun)) {
    // Somebody may have edited it after it was listed.
    if (await discardDraft(ports, draft.id, since)) discarded.push(draft);
  }
  return discarded;
}

export interface ExpirySettings extends DraftSettings {
  readonly everyMs?: number;
  readonly onDiscarded?: (drafts: readonly Cluster[]) => void;
  readonly onTrouble?: (doing: string, error: unknown) => void;
}

/** Discards at once what has expired, and then every ten minutes, until stopped. */
export function startDraftExpiry(ports: DraftPorts, settings: ExpirySettings): { stop(): Promise<void> } {
  const { everyMs = 600_000, onDiscarded = () => undefined, onTrouble = () => undefined } = settings;
  const ending = new AbortController();
  const looping = (async () => {
    while (!ending.signal.aborted) {
      await discardExpiredDrafts(ports, settings).then(
        (drafts) => (drafts.length > 0 ? onDiscarded(drafts) : undefined),
        (error: unknown) => onTrouble("discarding drafts that nobody changed", error),
      );
      await pause(everyMs, ending.signal);
    }
  })();
  return {
    async stop() {
      ending.abort();
      await looping;
    },
  };
}
