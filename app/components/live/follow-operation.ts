/**
 * Keeps up with an operation's journal until it is over: over a socket, or by long poll where no socket opens, as behind a
 * proxy that refuses them. Comes back with the cursor after every loss, and waits longer after each loss in a row.
 */
import type { JournalEntry } from "#app/domain/operation/event.ts";
import { closeCodes, type StreamFrame, waitBeforeReturn } from "#app/domain/operation/stream.ts";

/** `ended`: the session is over; `done`: nothing more will come. */
export type Connection = "connecting" | "open" | "lost" | "ended" | "done";

export interface Listener {
  readonly cursor: () => number;
  readonly onEntries: (entries: readonly JournalEntry[]) => void;
  readonly onConnection: (connection: Connection) => void;
}

export interface SocketEvents {
  readonly onOpen: () => void;
  /** False: close and come back with the cursor. */
  readonly onText: (text: string) => boolean;
}

/** What a browser offers; replaced in tests. */
export interface Transport {
  /** Resolves with the close code. */
  socket(path: string, events: SocketEvents, signal: AbortSignal): Promise<number>;
  /** Status and body of a GET; rejects without an answer. */
  get(path: string, signal: AbortSignal): Promise<{ readonly status: number; readonly body: unknown }>;
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

/** Sockets that never opened, in a row, after which the long poll takes over. */
const unopenedLimit = 2;
const pollSeconds = 25;

type Outcome = "over" | "ended" | "lost";

export function followOperation(id: string, listener: Listener, transport: Transport): () => void {
  const ending = new AbortController();
  void follow(id, listener, transport, ending.signal);
  return () => ending.abort();
}

async function follow(id: string, listener: Listener, transport: Transport, signal: AbortSignal): Promise<void> {
  let losses = 0;
  let unopened = 0;
  const onOpen = () => {
    unopened = -1;
    listener.onConnection("open");
  };
  const heard = (entries: readonly JournalEntry[]) => {
    losses = 0; // not when it opens: a portal in trouble may close at once
    listener.onEntries(entries);
  };
  while (!signal.aborted) {
    const polling = unopened >= unopenedLimit;
    const outcome = await (polling ? byPoll : bySocket)(id, { ...listener, onEntries: heard }, transport, onOpen, signal);
    if (signal.aborted) return;
    if (outcome !== "lost") return listener.onConnection(outcome === "over" ? "done" : "ended");
    unopened = polling ? 0 : unopened + 1;
    if (unopened >= unopenedLimit) continue;
    listener.onConnection("lost");
    losses += 1;
    await transport.pause(waitBeforeReturn(losses, Math.random()), signal);
  }
}

async function bySocket(id: string, listener: Listener, transport: Transport, onOpen: () => void, signal: AbortSignal): Promise<Outcome> {
  let cursor = listener.cursor();
  const onText = (text: string): boolean => {
    const { entries } = JSON.parse(text) as StreamFrame;
    if ((entries[0]?.seq ?? 0) > cursor + 1) return false; // a hole: come back with the cursor
    cursor = entries.at(-1)?.seq ?? cursor;
    listener.onEntries(entries);
    return true;
  };
  const code = await transport.socket(`/ws/operations/${id}?after=${cursor}`, { onOpen, onText }, signal);
  if (code === closeCodes.over) return "over";
  return code === closeCodes.ended ? "ended" : "lost";
}

interface Page {
  readonly entries: readonly JournalEntry[];
  readonly over: boolean;
}

async function byPoll(id: string, listener: Listener, transport: Transport, onOpen: () => void, signal: AbortSignal): Promise<Outcome> {
  let open = false;
  while (!signal.aborted) {
    // The first answer comes at once: it says that the portal is there.
    const path = `/api/v1/operations/${id}/entries?after=${listener.cursor()}&limit=1000&wait=${open ? pollSeconds : 0}`;
    const answer = await transport.get(path, signal).catch(() => null);
    if (answer === null) return "lost";
    if (answer.status === 401 || answer.status === 404) return "ended";
    if (answer.status !== 200) return "lost";
    if (!open) onOpen();
    open = true;
    const { entries, over } = answer.body as Page;
    if (entries.length > 0) listener.onEntries(entries);
    if (over) return "over";
  }
  return "lost";
}
