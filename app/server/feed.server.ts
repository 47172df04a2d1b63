/**
 * Pages of an operation's journal, read and encoded once for all viewers that stand at the same cursor. A wake-up is
 * only a hint: whoever is told reads on from its own cursor until nothing is left.
 */
import type { JournalEntry } from "#app/domain/operation/event.ts";
import type { OperationState } from "#app/domain/operation/operation.ts";
import type { StreamFrame } from "#app/domain/operation/stream.ts";
import type { Journal } from "#app/ports/journal.ts";

export interface Page {
  /** Cursor after this page; the same as before when it is empty. */
  readonly last: number;
  /** Encoded {@link StreamFrame}, or null when there is nothing after the cursor. */
  readonly frame: string | null;
  /** The last state this page tells of. */
  readonly state: OperationState | null;
}

export interface Feed {
  /** Call before the first read. Returns the unsubscribe function. */
  subscribe(operationId: string, wake: () => void): () => void;
  after(operationId: string, cursor: number): Promise<Page>;
  close(): void;
}

const entriesPerFrame = 250;

interface Channel {
  readonly viewers: Set<() => void>;
  /** Only reads begun after the newest wake-up may be shared: an older one may miss what it told of. */
  pages: Map<number, Promise<Page>>;
}

export function createFeed(journal: Journal): Feed {
  const channels = new Map<string, Channel>();
  const stop = journal.onAppend((operationId) => {
    const channel = channels.get(operationId);
    if (!channel) return;
    channel.pages = new Map();
    for (const wake of [...channel.viewers]) wake();
  });
  return {
    subscribe: (operationId, wake) => {
      const channel = channels.get(operationId) ?? { viewers: new Set(), pages: new Map() };
      channels.set(operationId, channel);
      channel.viewers.add(wake);
      return () => {
        channel.viewers.delete(wake);
        if (channel.viewers.size === 0 && channels.get(operationId) === channel) channels.delete(operationId);
      };
    },
    after: (operationId, cursor) => {
      const channel = channels.get(operationId);
      return channel ? shared(channel, cursor, () => readPage(journal, operationId, cursor)) : readPage(journal, operationId, cursor);
    },
    close: stop,
  };
}

function shared(channel: Channel, cursor: number, read: () => Promise<Page>): Promise<Page> {
  const { pages } = channel;
  const known = pages.get(cursor);
  if (known) return known;
  const reading = read();
  pages.set(cursor, reading);
  // What is kept is for viewers that are woken together; it must not grow with the journal.
  const forget = () => pages.get(cursor) === reading && pages.delete(cursor);
  reading.then(() => setTimeout(forget, 250).unref(), forget);
  return reading;
}

async function readPage(journal: Journal, operationId: string, cursor: number): Promise<Page> {
  const entries = await journal.read(operationId, cursor, entriesPerFrame);
  const last = entries.at(-1)?.seq;
  if (last === undefined) return { last: cursor, frame: null, state: null };
  const frame: StreamFrame = { entries };
  return { last, frame: JSON.stringify(frame), state: lastState(entries) };
}

const lastState = (entries: readonly JournalEntry[]): OperationState | null =>
  entries.reduce<OperationState | null>((state, { event }) => (event.kind === "state" ? event.to : state), null);
