/**
 * Whose turn it is. Fair between tenants: the tenant with the fewest running operations comes first, among those the
 * operation that has waited longest; so a tenant that asks for a hundred things delays another's first by one at most.
 */
export interface QueueLimits {
  /** Operations that may run at once, of all tenants and of each. */
  readonly maxRunning: number;
  readonly maxPerTenant: number;
  /** The host has no memory for one more engine: nothing is taken until it has. */
  readonly memoryLow: boolean;
}

export interface Waiting {
  readonly operationId: string;
  readonly tenantId: string;
  readonly requestedAt: number;
}

/** `slots`: every place is taken, or this one's is about to be given. */
export type QueueReason = "slots" | "tenant-limit" | "cluster-busy" | "memory";

export interface QueuePlace {
  readonly operationId: string;
  /** 1 is next. */
  readonly position: number;
  readonly reason: QueueReason;
}

/** The one that is claimed next, or null. `running`: operations that run now, by tenant. */
export function nextInLine(waiting: readonly Waiting[], running: ReadonlyMap<string, number>, limits: QueueLimits): Waiting | null {
  const total = [...running.values()].reduce((n, r) => n + r, 0);
  if (limits.memoryLow || total >= limits.maxRunning) return null;
  const first = inTurn(waiting, running).find((w) => w.before < limits.maxPerTenant);
  return first?.waiting ?? null;
}

/** All in the order in which they will start. One over its tenant's bound stands where it would start without it. */
export const queuePlaces = (waiting: readonly Waiting[], running: ReadonlyMap<string, number>, limits: QueueLimits): readonly QueuePlace[] =>
  inTurn(waiting, running).map(({ waiting: w, before }, i) => ({ operationId: w.operationId, position: i + 1, reason: reasonFor(before, limits) }));

function reasonFor(before: number, limits: QueueLimits): QueueReason {
  if (before >= limits.maxPerTenant) return "tenant-limit";
  return limits.memoryLow ? "memory" : "slots";
}

interface Turn {
  readonly waiting: Waiting;
  /** Operations of its tenant that run or stand before it. */
  readonly before: number;
}

/** Giving one place after the other to the tenant with the fewest is the same as sorting by how many of its own are before it. */
function inTurn(waiting: readonly Waiting[], running: ReadonlyMap<string, number>): readonly Turn[] {
  const before = new Map(running);
  const turns = waiting.toSorted(byAge).map((w) => {
    const own = before.get(w.tenantId) ?? 0;
    before.set(w.tenantId, own + 1);
    return { waiting: w, before: own };
  });
  // Sorting keeps the order of age among equals.
  return turns.sort((a, b) => a.before - b.before);
}

const byAge = (a: Waiting, b: Waiting): number =>
  a.requestedAt - b.requestedAt || (a.operationId < b.operationId ? -1 : a.operationId > b.operationId ? 1 : 0);
