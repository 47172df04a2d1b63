/**
 * Tells readers that entries were appended: at once within this process, and by reading the database for what other
 * processes append. Only ever a hint; the cursor read is the truth.
 */
import type { Kysely } from "kysely";
import type { Tables } from "#app/adapters/sql/schema.ts";

export interface WakeUp {
  /** Call after the commit. */
  announce(operationIds: readonly string[]): void;
  /** Something went wrong after which it is not known what was committed: the next check compares everything. */
  doubt(): void;
  subscribe(listener: (operationId: string) => void): () => void;
  close(): Promise<void>;
}

/** Listeners of this process. One that throws does not keep the others from hearing. */
export class Listeners {
  readonly #all = new Set<(operationId: string) => void>();

  get size(): number {
    return this.#all.size;
  }

  add(listener: (operationId: string) => void): () => void {
    // Wrapped, so that the same function added twice is two subscriptions.
    const own = (id: string) => listener(id);
    this.#all.add(own);
    return () => void this.#all.delete(own);
  }

  tell(operationIds: Iterable<string>): void {
    for (const id of operationIds) for (const listener of this.#all) quietly(() => listener(id));
  }
}

function quietly(call: () => void): void {
  try {
    call();
  } catch {
    // A hint that a listener could not use is no reason to fail the append that caused it.
  }
}

/** Far more than can end between two checks. */
const endedLately = 200;

/**
 * Which operations' journals grew since the last check. Unfinished operations are compared, and those that ended lately:
 * one may have begun and ended since the last check, or before the first, while somebody waited for its end.
 */
export class JournalHeads {
  readonly #db: Kysely<Tables>;
  #last: ReadonlyMap<string, number> | null = null;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async changed(): Promise<readonly string[]> {
    const now = await this.#read();
    const before = this.#last;
    this.#last = now;
    if (!before) return [...now.keys()];
    const grown = [...now].filter(([id, seq]) => before.get(id) !== seq).map(([id]) => id);
    return [...grown, ...[...before.keys()].filter((id) => !now.has(id))];
  }

  async #read(): Promise<ReadonlyMap<string, number>> {
    const heads = this.#db.selectFrom("operations").select(["id", "last_seq"]);
    // In this order, so that one that ends meanwhile is in both answers and not in neither.
    const unfinished = await heads.where("state", "in", ["queued", "running", "interrupted"]).execute();
    const ended = await heads.where("ended_at", "is not", null).orderBy("ended_at", "desc").limit(endedLately).execute();
    return new Map([...unfinished, ...ended].map((r) => [r.id, r.last_seq]));
  }
}

/** Calls `look` every `everyMs` while `wanted()`; never twice at a time, and never keeping the process alive. */
export class Poll {
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> | null = null;

  constructor(everyMs: number, wanted: () => boolean, check: () => Promise<void>) {
    this.#timer = setInterval(() => {
      if (this.#running || !wanted()) return;
      // A failed check is repeated with the next tick; the database's own callers report its trouble.
      this.#running = check()
        .catch(() => {})
        .finally(() => {
          this.#running = null;
        });
    }, everyMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }
}
