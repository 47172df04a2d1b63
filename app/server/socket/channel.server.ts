/**
 * One operation and everybody who watches it. The journal is read once for all who stand at its end, and the same bytes
 * are handed to each; whoever came late or reads slowly is led there by the own cursor, page by page, and never has more
 * waiting than one buffer. A wake-up is only a hint: what counts is what lies after the cursor.
 */
import type { JournalEntry } from "#app/domain/operation/event.ts";
import { isOver, type Operation } from "#app/domain/operation/operation.ts";
import { failpoint } from "#app/ports/failpoint.ts";
import { type Frame, framesOf } from "./frame.server.ts";
import { Pace } from "./pace.server.ts";

/** A viewer as the channel sees it. */
export interface Subscriber {
  /** Everything up to here was handed over. */
  readonly cursor: number;
  readonly open: boolean;
  /** Takes the frame and moves the cursor to its end; false, and nothing happens, while too much is unsent. */
  take(frame: Frame): boolean;
  /** True as soon as what was taken is on its way, false when the viewer is gone. */
  drained(): Promise<boolean>;
  /** The operation is over and everything was handed over. */
  end(): void;
  /** The journal cannot be read. */
  fail(): void;
}

export interface ChannelDeps {
  readonly operationId: string;
  readonly head: () => Promise<number>;
  readonly operation: () => Promise<Pick<Operation, "state"> | null>;
  /** Entries after the cursor, oldest first, at most `limit`; at the end of the journal. */
  readonly read: (after: number, limit: number) => Promise<readonly JournalEntry[]>;
  /** The same for those who are behind, encoded, shared and not too many at a time. */
  readonly page: (after: number, limit: number) => Promise<readonly Frame[]>;
  readonly onError: (error: unknown, doing: string) => void;
}

const entriesPerRead = 250;
/** Frames kept for those who come back after a moment; with 64 KiB each at most 1 MiB. */
const framesKept = 16;
/** Subscribers written to before others get their turn. */
const subscribersPerTurn = 500;
const readAttempts = 5;
const firstRetryMs = 100;

export class Channel {
  readonly #deps: ChannelDeps;
  readonly #pace = new Pace();
  /** Subscribers that have everything that was read so far, or more. */
  readonly #live = new Set<Subscriber>();
  /** Subscribers that are being led to the end of the journal. */
  readonly #behind = new Set<Subscriber>();
  #recent: Frame[] = [];
  #tail = 0;
  #opening: Promise<void> | null = null;
  #due = false;
  #flushing = false;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #reported: unknown = null;
  /** False only while the operation is known to continue: its end would then come as an entry. */
  #mayBeOver = true;
  /** How many frames told a state: a check that began before one is older than it. */
  #statesTold = 0;
  #ending = false;
  #endAgain = false;

  constructor(deps: ChannelDeps) {
    this.#deps = deps;
  }

  get empty(): boolean {
    return this.#live.size + this.#behind.size === 0;
  }

  join(subscriber: Subscriber): void {
    this.#behind.add(subscriber);
    void this.#lead(subscriber);
  }

  leave(subscriber: Subscriber): void {
    this.#live.delete(subscriber);
    this.#behind.delete(subscriber);
    if (this.empty) clearTimeout(this.#timer);
  }

  /** Entries may have been appended. */
  wake(): void {
    this.#due = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#flushing || this.#timer !== undefined || !this.#due) return;
    const wait = this.#failures > 0 ? firstRetryMs * 2 ** this.#failures : this.#pace.waitMs(performance.now());
    if (wait === 0) return void this.#flush();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#flush();
    }, wait).unref();
  }

  async #flush(): Promise<void> {
    this.#flushing = true;
    this.#due = false;
    try {
      // Nobody may be handed an entry before it is known where the journal stood when the channel opened.
      await this.#open();
      while (await this.#flushPage());
      this.#failures = 0;
      if (this.#mayBeOver) void this.#endIfOver();
    } catch (error) {
      this.#readingFailed(error);
    } finally {
      this.#flushing = false;
      this.#schedule();
    }
  }

  /** True when there may be more. */
  async #flushPage(): Promise<boolean> {
    failpoint("socket.before-read");
    const entries = await this.#deps.read(this.#tail, entriesPerRead);
    for (const frame of framesOf(this.#tail, entries)) await this.#broadcast(frame);
    return entries.length === entriesPerRead;
  }

  async #broadcast(frame: Frame): Promise<void> {
    this.#tail = frame.to;
    this.#recent = [...this.#recent, frame].slice(-framesKept);
    if (frame.state !== null) {
      this.#mayBeOver = isOver(frame.state);
      this.#statesTold += 1;
    }
    failpoint("socket.before-send");
    const subscribers = [...this.#live];
    let cost = 0;
    for (let at = 0; at < subscribers.length; at += subscribersPerTurn) {
      if (at > 0) await new Promise((resolve) => setImmediate(resolve));
      const began = performance.now();
      for (const subscriber of subscribers.slice(at, at + subscribersPerTurn)) this.#hand(subscriber, frame);
      cost += performance.now() - began;
    }
    this.#pace.spent(cost, performance.now());
    failpoint("socket.after-send");
  }

  #hand(subscriber: Subscriber, frame: Frame): void {
    // A viewer that came from another portal process may be ahead of this one.
    if (!this.#live.has(subscriber) || subscriber.cursor >= frame.to) return;
    if (subscriber.cursor === frame.from && subscriber.take(frame)) return;
    this.#live.delete(subscriber);
    this.#behind.add(subscriber);
    void this.#lead(subscriber);
  }

  /** Leads the subscriber to the end of the journal by its own cursor. */
  async #lead(subscriber: Subscriber): Promise<void> {
    try {
      await this.#open();
      while (subscriber.open && subscriber.cursor < this.#tail) {
        for (const frame of await this.#missedBy(subscriber)) {
          if (!(await subscriber.drained()) || !subscriber.take(frame)) break;
        }
      }
      this.#arrived(subscriber);
    } catch (error) {
      this.#report(error);
      if (this.#behind.has(subscriber)) subscriber.fail();
    }
  }

  /** In the turn in which the subscriber's cursor was compared with the end: no frame can pass between the two. */
  #arrived(subscriber: Subscriber): void {
    if (!subscriber.open || !this.#behind.delete(subscriber)) return;
    this.#live.add(subscriber);
    if (this.#mayBeOver) void this.#endIfOver();
  }

  /** What follows the subscriber's cursor, up to the end or to where a kept frame begins. */
  async #missedBy({ cursor }: Subscriber): Promise<readonly Frame[]> {
    const at = this.#recent.findIndex((f) => f.to > cursor);
    const next = this.#recent[at];
    if (next?.from === cursor) return this.#recent.slice(at);
    const until = next === undefined ? this.#tail : next.from < cursor ? next.to : next.from;
    const frames = await this.#deps.page(cursor, Math.min(entriesPerRead, until - cursor));
    if (frames.length === 0)
      throw new Error(`reading the journal of operation ${this.#deps.operationId}: nothing follows entry ${cursor} of ${this.#tail}`);
    return frames;
  }

  #open(): Promise<void> {
    this.#opening ??= this.#deps.head().then(
      (head) => {
        this.#tail = head;
      },
      (error: unknown) => {
        this.#opening = null;
        throw error;
      },
    );
    return this.#opening;
  }

  /** Ends the subscribers that have everything, when the operation is over and nothing follows. */
  async #endIfOver(): Promise<void> {
    this.#endAgain = true;
    if (this.#ending) return;
    this.#ending = true;
    try {
      // A subscriber that arrived after a check began needs a check of its own.
      while (this.#endAgain) {
        this.#endAgain = false;
        await this.#lookForTheEnd();
      }
    } catch (error) {
      this.#readingFailed(error);
    } finally {
      this.#ending = false;
    }
  }

  async #lookForTheEnd(): Promise<void> {
    const told = this.#statesTold;
    const operation = await this.#deps.operation();
    if (told !== this.#statesTold) return this.#lookAgain();
    this.#mayBeOver = operation === null || isOver(operation.state);
    if (!this.#mayBeOver) return;
    // The last entries may have been written between the last read and the check.
    if ((await this.#deps.read(this.#tail, 1)).length > 0) return this.wake();
    if (told !== this.#statesTold) return this.#lookAgain();
    for (const subscriber of [...this.#live]) if (subscriber.cursor >= this.#tail) subscriber.end();
  }

  /** What an entry said meanwhile is newer than what the check saw. */
  #lookAgain(): void {
    this.#endAgain ||= this.#mayBeOver;
  }

  /** A moment's trouble is waited for: sending everybody away to come back would only make it worse. */
  #readingFailed(error: unknown): void {
    this.#failures += 1;
    this.#report(error);
    if (this.#failures < readAttempts) {
      this.#due = true;
      return this.#schedule();
    }
    this.#failures = 0;
    for (const subscriber of [...this.#live]) subscriber.fail();
  }

  /** Subscribers share their reads, and with them one error: it is told once. */
  #report(error: unknown): void {
    if (error !== this.#reported) this.#deps.onError(error, `streaming operation ${this.#deps.operationId}`);
    this.#reported = error;
  }
}
