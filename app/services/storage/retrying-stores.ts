/**
 * The stores as a run sees them: while the disk is full, or the database locked or away, every call waits and tries again
 * instead of ending the operation. The journal says that it waits, as soon as that can be written, and that it continues.
 * Output waits for a while only: on a full disk it is left out then, counted, so that steps, failures and the end of the
 * operation are not kept back by it.
 */
import type { OperationEvent, WaitingReason } from "#app/domain/operation/event.ts";
import type { Journal } from "#app/ports/journal.ts";
import type { Claim } from "#app/ports/operation-store.ts";
import { passes, type StorageTrouble, type StorageTroubleKind, storageTroubleOf } from "#app/ports/storage-trouble.ts";
import { withoutOutput } from "#app/services/operations/bounded-journal.ts";
import type { RunPorts } from "#app/services/run/run-parts.ts";

export interface Patience {
  readonly now: () => number;
  /** Between two tries; resolves early when `ending` is aborted. */
  readonly pause: () => Promise<void>;
  /** How long output may hold everything up on a full disk. */
  readonly outputMs: number;
  /** This worker ends: from then on a trouble is thrown, and the next start continues. */
  readonly ending: AbortSignal;
}

type Stores = Pick<RunPorts, "journal" | "operations" | "clusters" | "hosts" | "secrets">;

/** Looking for work and for dead holders stays impatient: that is repeated anyway, and has to end when the worker ends. */
export function patientPorts<P extends Stores>(ports: P, patience: Patience): P {
  const { operations } = ports;
  const finish: P["operations"]["finish"] = (...asked) => retryWhileUnavailable(patience, () => operations.finish(...asked));
  const heartbeat: P["operations"]["heartbeat"] = (claim, now, leaseMs) => {
    // A lease prolonged late is prolonged from then.
    const ahead = now - patience.now();
    return retryWhileUnavailable(patience, () => operations.heartbeat(claim, patience.now() + ahead, leaseMs));
  };
  return {
    ...ports,
    journal: { ...ports.journal, append: new PatientAppends(ports.journal, patience).append },
    operations: { ...operations, finish, heartbeat },
    clusters: eachInsisting(ports.clusters, patience),
    hosts: eachInsisting(ports.hosts, patience),
    secrets: eachInsisting(ports.secrets, patience),
  };
}

type Calls = Readonly<Record<string, (...asked: never[]) => Promise<unknown>>>;

function eachInsisting<S extends object>(store: S, patience: Patience): S {
  const calls = Object.entries(store as unknown as Calls);
  return Object.fromEntries(
    calls.map(([name, call]) => [name, (...asked: never[]) => retryWhileUnavailable(patience, () => call(...asked))]),
  ) as S;
}

/** Trouble means that nothing happened, so that the call can simply be made again. */
async function retryWhileUnavailable<T>(patience: Patience, call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      passingOrThrow(error, patience);
      await patience.pause();
    }
  }
}

function passingOrThrow(error: unknown, { ending }: Patience): StorageTrouble {
  const trouble = storageTroubleOf(error);
  if (trouble === null || !passes(trouble.kind) || ending.aborted) throw error;
  return trouble;
}

interface Wait {
  readonly since: number;
  readonly event: OperationEvent;
  told: boolean;
}

class PatientAppends {
  readonly #journal: Journal;
  readonly #patience: Patience;
  /** By operation and generation. */
  readonly #waits = new Map<string, Wait>();

  constructor(journal: Journal, patience: Patience) {
    this.#journal = journal;
    this.#patience = patience;
  }

  readonly append: Journal["append"] = async (claim, events, at) => {
    const began = this.#patience.now();
    for (let left = events; ; ) {
      try {
        await this.#tell(claim);
        const entries = await this.#journal.append(claim, left, at);
        await this.#goOn(claim);
        return entries;
      } catch (error) {
        const { kind, message } = this.#passing(claim, error);
        this.#begin(claim, kind, message);
        if (kind === "full" && this.#patience.now() - began >= this.#patience.outputMs) left = withoutOutput(left);
        await this.#tell(claim).catch((still: unknown) => this.#passing(claim, still));
        await this.#patience.pause();
      }
    }
  };

  #passing(claim: Claim, error: unknown): StorageTrouble {
    try {
      return passingOrThrow(error, this.#patience);
    } catch (last) {
      this.#waits.delete(keyOf(claim));
      throw last;
    }
  }

  #begin(claim: Claim, kind: StorageTroubleKind, detail: string): void {
    if (this.#waits.has(keyOf(claim))) return;
    const reason: WaitingReason = kind === "full" ? "disk-full" : "database-busy";
    this.#waits.set(keyOf(claim), { since: this.#patience.now(), event: { kind: "waiting", reason, detail }, told: false });
  }

  async #tell(claim: Claim): Promise<void> {
    const wait = this.#waits.get(keyOf(claim));
    if (!wait || wait.told) return;
    // Marked first: two appends that wait side by side tell it once.
    wait.told = true;
    try {
      await this.#journal.append(claim, [wait.event], wait.since);
    } catch (error) {
      wait.told = false;
      throw error;
    }
  }

  async #goOn(claim: Claim): Promise<void> {
    const wait = this.#waits.get(keyOf(claim));
    if (!wait?.told) return;
    this.#waits.delete(keyOf(claim));
    try {
      await this.#journal.append(claim, [{ kind: "going-on" }], this.#patience.now());
    } catch (error) {
      // It continues with the next append, or waits again: what was asked for is written.
      this.#passing(claim, error);
      this.#waits.set(keyOf(claim), wait);
    }
  }
}

const keyOf = (claim: Claim): string => `${claim.operationId} ${claim.generation}`;
