/**
 * The order in which queued operations start. Tenants take turns: the next operation is the oldest one of the tenant
 * whose last turn is longest ago. Turns are numbered and stored, so the order holds although nothing runs at the moment,
 * with one slot as with many, and no tenant is passed over more than once by each other tenant.
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

export interface Queue {
  readonly waiting: readonly Waiting[];
  /** Tenant of each running operation, in the order in which they started. */
  readonly running: readonly string[];
  /** Tenant → number of its last turn; a tenant that never had one is absent. */
  readonly turns: ReadonlyMap<string, number>;
}

/**
 * `starting`: a slot is free for it. `behind`: other operations start before it. `slots`: every slot is taken.
 * `tenant-limit`: its tenant runs as many as it may. `memory`: see {@link QueueLimits}.
 */
export const queueReasons = ["starting", "behind", "slots", "tenant-limit", "memory"] as const;
export type QueueReason = (typeof queueReasons)[number];

export interface QueuePlace {
  readonly operationId: string;
  /** 1 is next. */
  readonly position: number;
  readonly reason: QueueReason;
}

/** The one that is claimed next, or null. */
export function nextInLine(queue: Queue, limits: QueueLimits): Waiting | null {
  return limits.memoryLow ? null : new Line(queue, limits).start();
}

/** All in the order in which they start, if running operations end in the order in which they started. */
export function queuePlaces(queue: Queue, limits: QueueLimits): readonly QueuePlace[] {
  const { order, atOnce } = startOrder(queue, limits);
  const running = countsOf(queue.running);
  const reasonOf = ({ tenantId }: Waiting, index: number): QueueReason => {
    if ((running.get(tenantId) ?? 0) >= limits.maxPerTenant) return "tenant-limit";
    if (limits.memoryLow) return "memory";
    if (queue.running.length >= limits.maxRunning) return "slots";
    return index < atOnce ? "starting" : "behind";
  };
  return order.map((w, index) => ({ operationId: w.operationId, position: index + 1, reason: reasonOf(w, index) }));
}

/** `atOnce`: how many of them start before anything that runs has to end. */
function startOrder(queue: Queue, limits: QueueLimits): { readonly order: readonly Waiting[]; readonly atOnce: number } {
  const line = new Line(queue, limits);
  const order: Waiting[] = [];
  let atOnce: number | null = null;
  while (order.length < queue.waiting.length) {
    const started = line.start();
    if (started) order.push(started);
    else atOnce ??= order.length;
    if (!started && !line.endOldest()) return { order: [...order, ...line.rest()], atOnce: atOnce ?? 0 };
  }
  return { order, atOnce: atOnce ?? order.length };
}

/** The queue while operations start and end. */
class Line {
  readonly #limits: QueueLimits;
  /** Tenant → its waiting operations, the next one last. */
  readonly #waiting: ReadonlyMap<string, Waiting[]>;
  readonly #running: string[];
  readonly #counts: Map<string, number>;
  readonly #turns: Map<string, number>;
  #turn: number;

  constructor(queue: Queue, limits: QueueLimits) {
    this.#limits = limits;
    this.#waiting = Map.groupBy(queue.waiting.toSorted(byAge).reverse(), (w) => w.tenantId);
    this.#running = [...queue.running];
    this.#counts = countsOf(queue.running);
    this.#turns = new Map(queue.turns);
    this.#turn = Math.max(0, ...queue.turns.values());
  }

  start(): Waiting | null {
    const next = this.#running.length < this.#limits.maxRunning ? this.#next() : null;
    if (next === null) return null;
    const { tenantId } = next;
    this.#waiting.get(tenantId)?.pop();
    this.#running.push(tenantId);
    this.#counts.set(tenantId, (this.#counts.get(tenantId) ?? 0) + 1);
    this.#turns.set(tenantId, ++this.#turn);
    return next;
  }

  /** False when nothing runs. */
  endOldest(): boolean {
    const tenantId = this.#running.shift();
    if (tenantId === undefined) return false;
    this.#counts.set(tenantId, (this.#counts.get(tenantId) ?? 1) - 1);
    return true;
  }

  rest(): readonly Waiting[] {
    return [...this.#waiting.values()].flat().sort(byAge);
  }

  #next(): Waiting | null {
    let first: Waiting | null = null;
    for (const [tenantId, own] of this.#waiting) {
      const next = own.at(-1);
      const allowed = (this.#counts.get(tenantId) ?? 0) < this.#limits.maxPerTenant;
      if (next && allowed && (first === null || this.#isBefore(next, first))) first = next;
    }
    return first;
  }

  #isBefore(a: Waiting, b: Waiting): boolean {
    return (this.#turnOf(a) - this.#turnOf(b) || byAge(a, b)) < 0;
  }

  #turnOf(w: Waiting): number {
    return this.#turns.get(w.tenantId) ?? 0;
  }
}

function countsOf(tenants: readonly string[]): Map<string, number> {
  return new Map([...Map.groupBy(tenants, (id) => id)].map(([id, own]) => [id, own.length]));
}

const byAge = (a: Waiting, b: Waiting): number =>
  a.requestedAt - b.requestedAt || (a.operationId < b.operationId ? -1 : a.operationId > b.operationId ? 1 : 0);
