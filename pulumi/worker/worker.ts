/**
 * The worker: takes queued operations as long as it has free slots, keeps their leases, runs them, takes over what dead
 * holders left, and lets interrupted operations continue automatically. Embedded in the portal's process or alone; it talks
 * to the rest of Berth by the database only.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { isAbandoned } from "#app/domain/operation/recovery.ts";
import { type Claim, type Held, LeaseLost } from "#app/ports/operation-store.ts";
import { StorageTrouble } from "#app/ports/storage-trouble.ts";
import { recoverOperation, resumeInterrupted } from "#app/services/run/run-recovery.ts";
import { runOperation } from "#app/services/run/run-operation.ts";
import { messageOf, type RunPorts, type StopReason } from "#app/services/run/run-parts.ts";
import { holderOf } from "./worker-identity.ts";

export interface WorkerSettings {
  /** From `workerIdentity`, so that others can prove that this worker is gone. */
  readonly workerId: string;
  /** Operations at once on this worker. */
  readonly slots: number;
  /** Operations at once of each tenant; absent: as many as there are slots. */
  readonly perTenant?: number;
  readonly leaseMs?: number;
  /** How often to look for work when nothing wakes the worker. */
  readonly pollMs?: number;
  /** After `stop`: how long running operations may continue before they are handed over. */
  readonly drainMs?: number;
  /** After that: how long their engines may take to write their state. */
  readonly handOverMs?: number;
  /** Whether interrupted operations are resumed without a person; yes unless said otherwise. */
  readonly autoResume?: boolean;
  /** While it is true, nothing new is begun. */
  readonly memoryLow?: () => boolean;
  /** For the process's own record; texts hold no secrets. */
  readonly onTrouble?: (doing: string, error: unknown) => void;
}

export interface Worker {
  /** Something may have been queued: look now. A hint only. */
  wake(): void;
  /** Nothing new is begun because the host is short of memory. */
  memoryLow(): boolean;
  /**
   * Takes nothing new, lets running operations end or hands them over, resolves when none is left or when their engines
   * do not come to an end: whoever starts next takes those over.
   */
  stop(): Promise<void>;
}

const defaults = {
  leaseMs: 15_000,
  pollMs: 1_000,
  drainMs: 5_000,
  handOverMs: 12_000,
  autoResume: true,
  memoryLow: () => false,
  onTrouble: () => undefined,
};

/** An operation in this worker's hands. */
interface Hand {
  readonly stop: AbortController;
  readonly over: Promise<void>;
}

export function startWorker(ports: RunPorts, given: WorkerSettings): Worker {
  const settings = { perTenant: given.slots, ...defaults, ...given };
  const { workerId, leaseMs, slots, onTrouble: trouble } = settings;
  const running = new Map<string, Hand>();
  const recovering = new Map<string, Hand>();
  const ending = new AbortController();
  let nudge = new AbortController();
  let resumeAt = 0;
  let checkLeasesAt = 0;
  const leases = watchLeases();

  const hold = (hands: Map<string, Hand>, claim: Claim, work: (stop: AbortSignal) => Promise<unknown>): void => {
    const stop = new AbortController();
    const over = attend(claim, stop, work).finally(() => {
      hands.delete(claim.operationId);
      // It may have been interrupted.
      resumeAt = 0;
      nudge.abort();
    });
    hands.set(claim.operationId, { stop, over });
  };

  const attend = async (claim: Claim, stop: AbortController, work: (stop: AbortSignal) => Promise<unknown>): Promise<void> => {
    const held = new AbortController();
    const beat = keepLease(ports, claim, leaseMs, stop, held.signal, trouble);
    try {
      await work(stop.signal);
    } catch (error) {
      if (!(error instanceof LeaseLost)) trouble(`working on operation ${claim.operationId}`, error);
    } finally {
      held.abort();
      await beat;
    }
  };

  const claimAll = async (): Promise<void> => {
    while (!ending.signal.aborted && running.size < slots && !settings.memoryLow()) {
      // What is being recovered counts as running, and must not keep others from being begun.
      const [maxRunning, maxPerTenant] = [slots + recovering.size, settings.perTenant + recovering.size];
      const taken = await ports.operations.claim({ workerId, now: ports.now, leaseMs, maxRunning, maxPerTenant });
      if (taken === null) return;
      hold(running, taken.claim, (stop) => runOperation(ports, taken.operation, taken.claim, stop));
    }
  };

  /** Each on its own, beside the loop: recovering a stack may take a minute. */
  const takeOverAbandoned = async (): Promise<void> => {
    if (performance.now() < checkLeasesAt) return;
    checkLeasesAt = performance.now() + Math.min(1_000, leaseMs / 5);
    const held = await ports.operations.held();
    for (const { lease, silentMs } of leases.observe(held)) {
      const { operation } = lease;
      if (running.has(operation.id) || recovering.has(operation.id) || ending.signal.aborted) continue;
      if (!isAbandoned({ holder: holderOf(lease.workerId), silentMs, leaseMs })) continue;
      const taken = await ports.operations.takeOver(lease, { workerId, now: ports.now(), leaseMs });
      if (taken) hold(recovering, taken.claim, () => recoverOperation(ports, taken.operation, taken.claim));
    }
  };

  const resume = async (): Promise<void> => {
    if (!settings.autoResume || performance.now() < resumeAt) return;
    const wait = await resumeInterrupted(ports);
    resumeAt = performance.now() + Math.min(wait ?? leaseMs / 3, leaseMs / 3);
  };

  /** While the database is in trouble no lease can be prolonged: silence proves nothing then. */
  const guarded = (doing: string, work: () => Promise<void>): Promise<void> =>
    work().catch((error: unknown) => {
      if (error instanceof StorageTrouble) leases.forget();
      trouble(doing, error);
    });

  const loop = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      nudge = new AbortController();
      await guarded("looking for operations whose worker is gone", takeOverAbandoned);
      await guarded("looking for interrupted operations", resume);
      await guarded("looking for work", claimAll);
      await pause(settings.pollMs, [nudge.signal, ending.signal]);
    }
  };

  const looping = loop();
  return {
    wake: () => {
      if (running.size < slots) nudge.abort();
    },
    memoryLow: settings.memoryLow,
    async stop() {
      ending.abort();
      await looping;
      const overs = () => Promise.all([...running.values(), ...recovering.values()].map((h) => h.over));
      await Promise.race([overs(), sleep(settings.drainMs, undefined, { ref: false })]);
      for (const { stop } of running.values()) stop.abort("drain" satisfies StopReason);
      await Promise.race([overs(), sleep(settings.handOverMs, undefined, { ref: false })]);
    },
  };
}

/** For how long each lease has been seen unchanged, by a clock that nobody sets. */
function watchLeases() {
  let seen = new Map<string, number>();
  return {
    observe(held: readonly Held[]): readonly { readonly lease: Held; readonly silentMs: number }[] {
      const now = performance.now();
      const keyed = held.map((lease) => ({ lease, key: `${lease.operation.id} ${lease.generation} ${lease.leaseUntil}` }));
      seen = new Map(keyed.map(({ key }) => [key, seen.get(key) ?? now]));
      return keyed.map(({ lease, key }) => ({ lease, silentMs: now - (seen.get(key) ?? now) }));
    },
    forget: () => seen.clear(),
  };
}

/** Prolongs the lease until `until`; sees cancel requests on the way, and stops the run when the lease is gone. */
async function keepLease(
  ports: RunPorts,
  claim: Claim,
  leaseMs: number,
  stop: AbortController,
  until: AbortSignal,
  trouble: (doing: string, error: unknown) => void,
): Promise<void> {
  while (!until.aborted) {
    await pause(Math.min(1_000, leaseMs / 5), [until]);
    if (until.aborted) return;
    try {
      const held = await ports.operations.heartbeat(claim, ports.now(), leaseMs);
      if (held === "held") continue;
      stop.abort((held === "lost" ? "lost" : "cancel") satisfies StopReason);
      if (held === "lost") return;
    } catch (error) {
      trouble(`prolonging the lease of operation ${claim.operationId}: ${messageOf(error)}`, error);
    }
  }
}

async function pause(ms: number, signals: readonly AbortSignal[]): Promise<void> {
  await sleep(ms, undefined, { signal: AbortSignal.any([...signals]) }).catch(() => undefined);
}
