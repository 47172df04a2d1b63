/** Channels by operation: one read of the journal per operation however many watch it, opened by the first, closed with the last. */
import type { Journal } from "#app/ports/journal.ts";
import type { OperationStore } from "#app/ports/operation-store.ts";
import { Channel, type Subscriber } from "./channel.server.ts";
import type { Feed } from "./feed.server.ts";
import { type Frame, framesOf } from "./frame.server.ts";

export interface FanOutDeps {
  readonly operations: Pick<OperationStore, "get">;
  readonly journal: Pick<Journal, "head" | "read">;
  readonly feed: Feed;
  readonly onError: (error: unknown, doing: string) => void;
}

export interface FanOut {
  /** Hands the operation's entries to the subscriber until the returned function is called. */
  join(operationId: string, subscriber: Subscriber): () => void;
  readonly channels: () => number;
}

interface Open {
  readonly channel: Channel;
  readonly unsubscribe: () => void;
}

export function createFanOut(deps: FanOutDeps): FanOut {
  const open = new Map<string, Open>();
  const pages = new Pages(deps.journal);
  const openChannel = (operationId: string): Open => {
    const channel = new Channel({
      operationId,
      head: () => deps.journal.head(operationId),
      operation: () => deps.operations.get(operationId),
      read: (after, limit) => deps.journal.read(operationId, after, limit),
      page: (after, limit) => pages.read(operationId, after, limit),
      onError: deps.onError,
    });
    const opened = { channel, unsubscribe: deps.feed.subscribe(operationId, () => channel.wake()) };
    open.set(operationId, opened);
    return opened;
  };
  return {
    channels: () => open.size,
    join: (operationId, subscriber) => {
      const { channel, unsubscribe } = open.get(operationId) ?? openChannel(operationId);
      channel.join(subscriber);
      return () => {
        channel.leave(subscriber);
        if (!channel.empty || open.get(operationId)?.channel !== channel) return;
        open.delete(operationId);
        unsubscribe();
      };
    },
  };
}

const readsAtOnce = 8;
const pagesKept = 32;
const keptMs = 1_000;

/**
 * Pages of what was written before, for viewers that are behind. After a cut many stand at the same cursor and share one
 * page; those that do not wait for their turn, so that a thousand of them hold a few pages in memory and not a thousand.
 * Entries never change, so a page stays right.
 */
export class Pages {
  readonly #journal: Pick<Journal, "read">;
  readonly #kept = new Map<string, Promise<readonly Frame[]>>();
  readonly #waiting: (() => void)[] = [];
  #reading = 0;

  constructor(journal: Pick<Journal, "read">) {
    this.#journal = journal;
  }

  read(operationId: string, after: number, limit: number): Promise<readonly Frame[]> {
    const key = `${operationId} ${after} ${limit}`;
    const known = this.#kept.get(key);
    if (known) return known;
    const page = this.#inTurn(async () => framesOf(after, await this.#journal.read(operationId, after, limit)));
    this.#keep(key, page);
    return page;
  }

  #keep(key: string, page: Promise<readonly Frame[]>): void {
    const forget = () => this.#kept.get(key) === page && this.#kept.delete(key);
    this.#kept.set(key, page);
    for (const oldest of this.#kept.keys()) if (this.#kept.size > pagesKept) this.#kept.delete(oldest);
    page.then(() => setTimeout(forget, keptMs).unref(), forget);
  }

  async #inTurn<T>(read: () => Promise<T>): Promise<T> {
    if (this.#reading >= readsAtOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#reading += 1;
    try {
      return await read();
    } finally {
      // The turn is handed on, not given back, when somebody waits.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#reading -= 1;
    }
  }
}
