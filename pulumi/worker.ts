/**
 * The worker: takes queued operations as long as it has free slots, keeps their leases, runs them, and picks up what
 * dead holders left. Embedded in the portal's process or alone; it talks to the rest of Berth by the database only.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Operation } from "#app/domain/operation/operation.ts";
import { type Claim, LeaseLost } from "#app/ports/operation-store.ts";
import { recoverOperation, runOperation } from "#app/services/run-operation.ts";
import { messageOf, type RunPorts, type StopReason } from "#app/services/run-parts.ts";

export interface WorkerSettings {
  readonly workerId: string;
  /** Operations at once on this worker. */
  readonly slots: number;
  readonly leaseMs?: number;
  /** How often to look for work when nothing wakes the worker. */
  readonly pollMs?: number;
  /** After `stop`: how long running operations may go on before they are interrupted. */
  readonly drainMs?: number;
  /** For the process's own record; texts hold no secrets. */
  readonly onTrouble?: (doing: string, error: unknown) => void;
}

export interface Worker {
  /** Something may have been queued: look now. A hint only. */
  wake(): void;
  /** Takes nothing new, lets running operations end or interrupts them, resolves when none is left. */
  stop(): Promise<void>;
}

const defaults = { leaseMs: 15_000, pollMs: 1_000, drainMs: 5_000 };

export function startWorker(ports: RunPorts, given: WorkerSettings): Worker {
  const settings = { ...defaults, ...given };
  const trouble = settings.onTrouble ?? (() => undefined);
  const running = new Map<string, { readonly stop: AbortController; readonly over: Promise<void> }>();
  const ending = new AbortController();
  let nudge = new AbortController();
  let recoverAt = 0;

  const claimAll = async (): Promise<void> => {
    while (!ending.signal.aborted && running.size < settings.slots) {
      const { workerId, leaseMs } = settings;
      const taken = await ports.operations.claim({ workerId, now: ports.now(), leaseMs, maxRunning: settings.slots });
      if (taken === null) return;
      hold(taken.operation, taken.claim);
    }
  };

  const hold = (operation: Operation, claim: Claim): void => {
    const stop = new AbortController();
    const over = attend(operation, claim, stop).finally(() => {
      running.delete(operation.id);
      nudge.abort();
    });
    running.set(operation.id, { stop, over });
  };

  const attend = async (operation: Operation, claim: Claim, stop: AbortController): Promise<void> => {
    const held = new AbortController();
    const beat = keepLease(ports, claim, settings.leaseMs, stop, held.signal, trouble);
    try {
      await runOperation(ports, operation, claim, stop.signal);
    } catch (error) {
      if (!(error instanceof LeaseLost)) trouble(`running operation ${operation.id}`, error);
    } finally {
      held.abort();
      await beat;
    }
  };

  const recoverExpired = async (): Promise<void> => {
    if (ports.now() < recoverAt) return;
    recoverAt = ports.now() + settings.leaseMs / 3;
    for (const operation of await ports.operations.expired(ports.now())) {
      if (running.has(operation.id) || ending.signal.aborted) continue;
      await recoverOperation(ports, operation).catch((error: unknown) => trouble(`recovering operation ${operation.id}`, error));
    }
  };

  const loop = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      nudge = new AbortController();
      await recoverExpired().catch((error: unknown) => trouble("looking for interrupted operations", error));
      await claimAll().catch((error: unknown) => trouble("looking for work", error));
      await pause(settings.pollMs, [nudge.signal, ending.signal]);
    }
  };

  const looping = loop();
  return {
    wake: () => {
      if (running.size < settings.slots) nudge.abort();
    },
    async stop() {
      ending.abort();
      await looping;
      const overs = () => Promise.all([...running.values()].map((r) => r.over));
      await Promise.race([overs(), sleep(settings.drainMs, undefined, { ref: false })]);
      for (const { stop } of running.values()) stop.abort("drain" satisfies StopReason);
      await overs();
    },
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
