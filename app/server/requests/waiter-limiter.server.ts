/** Bounds how many requests and sockets wait at once: in all, per person, per tenant and per address. */

export interface WaiterLimits {
  readonly perPerson: number;
  readonly perTenant: number;
  readonly perAddress: number;
  readonly total: number;
}

export interface Waiter {
  readonly personId: string;
  /** Null: what is waited for belongs to no tenant. */
  readonly tenantId: string | null;
  /** Null: an address that stands for many, which is not counted. */
  readonly address: string | null;
}

/** How many wait for the same kind of thing at once: in all, per person, per tenant and per address. */
export class WaiterLimiter {
  readonly #limits: WaiterLimits;
  readonly #persons = new Map<string, number>();
  readonly #tenants = new Map<string, number>();
  readonly #addresses = new Map<string, number>();
  #total = 0;

  constructor(limits: WaiterLimits) {
    this.#limits = limits;
  }

  /** Null when there is a place. */
  refusal({ personId, tenantId, address }: Waiter): 429 | 503 | null {
    const { perPerson, perTenant, perAddress, total } = this.#limits;
    if (this.#total >= total) return 503;
    const own = [
      reached(this.#persons, personId, perPerson),
      tenantId !== null && reached(this.#tenants, tenantId, perTenant),
      address !== null && reached(this.#addresses, address, perAddress),
    ];
    return own.some(Boolean) ? 429 : null;
  }

  enter(waiter: Waiter): void {
    this.#count(waiter, 1);
  }

  leave(waiter: Waiter): void {
    this.#count(waiter, -1);
  }

  #count({ personId, tenantId, address }: Waiter, by: 1 | -1): void {
    this.#total += by;
    add(this.#persons, personId, by);
    if (tenantId !== null) add(this.#tenants, tenantId, by);
    if (address !== null) add(this.#addresses, address, by);
  }
}

const reached = (counts: ReadonlyMap<string, number>, key: string, limit: number): boolean => (counts.get(key) ?? 0) >= limit;

function add(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}
