/**
 * An operation's progress, kept up to date over the socket. It starts from what the server rendered, asks for entries
 * after its own cursor, and comes back with that cursor whenever the connection is lost; the reducer ignores what it
 * has seen, so nothing is lost and nothing is repeated.
 */
import { useEffect, useReducer, useRef, useState } from "react";
import type { JournalEntry } from "#app/domain/operation/event.ts";
import { isOver } from "#app/domain/operation/operation.ts";
import { reduce, replay, type Progress } from "#app/domain/operation/progress.ts";
import { closeCodes, type StreamFrame, waitBeforeReturn } from "#app/domain/operation/stream.ts";

/** `ended`: the session is over; `done`: nothing more will come. */
export type Connection = "connecting" | "open" | "lost" | "ended" | "done";

export interface OperationStream {
  readonly progress: Progress;
  readonly connection: Connection;
  /** When the server was last heard from, epoch milliseconds; null before the first time. */
  readonly heardAt: number | null;
}

const foldAll = (progress: Progress, entries: readonly JournalEntry[]): Progress => entries.reduce(reduce, progress);

export function useOperationStream(id: string, first: readonly JournalEntry[], head: number): OperationStream {
  const [progress, fold] = useReducer(foldAll, first, (entries) => replay(entries));
  const complete = isOver(progress.state) && progress.cursor >= head;
  const [connection, setConnection] = useState<Connection>(complete ? "done" : "connecting");
  const [heardAt, setHeardAt] = useState<number | null>(null);
  const latest = useRef(progress);
  latest.current = progress;
  const resting = complete && connection === "done";
  useEffect(() => {
    if (resting) return;
    return follow(id, {
      cursor: () => latest.current.cursor,
      onEntries: (entries) => {
        setHeardAt(Date.now());
        fold(entries);
      },
      onConnection: setConnection,
    });
  }, [id, resting]);
  return { progress, connection, heardAt };
}

interface Listener {
  readonly cursor: () => number;
  readonly onEntries: (entries: readonly JournalEntry[]) => void;
  readonly onConnection: (connection: Connection) => void;
}

/** Keeps one socket open until stopped; waits longer after each loss in a row. */
function follow(id: string, listener: Listener): () => void {
  let stopped = false;
  let losses = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let socket: WebSocket | undefined;

  const connect = () => {
    let cursor = listener.cursor();
    const current = new WebSocket(addressOf(id, cursor));
    socket = current;
    current.onopen = () => listener.onConnection("open");
    current.onmessage = (message: MessageEvent<string>) => {
      losses = 0; // not when it opens: a portal in trouble may close at once
      const { entries } = JSON.parse(message.data) as StreamFrame;
      if ((entries[0]?.seq ?? 0) > cursor + 1) return current.close(); // a hole: come back with the cursor
      cursor = entries.at(-1)?.seq ?? cursor;
      listener.onEntries(entries);
    };
    current.onclose = ({ code }) => {
      if (!stopped) closed(code);
    };
  };
  const closed = (code: number) => {
    if (code === closeCodes.over) return listener.onConnection("done");
    if (code === closeCodes.ended) return listener.onConnection("ended");
    listener.onConnection("lost");
    losses += 1;
    timer = setTimeout(connect, waitBeforeReturn(losses, Math.random()));
  };

  connect();
  return () => {
    stopped = true;
    clearTimeout(timer);
    socket?.close();
  };
}

function addressOf(id: string, after: number): string {
  const { protocol, host } = window.location;
  return `${protocol === "https:" ? "wss:" : "ws:"}//${host}/ws/operations/${id}?after=${after}`;
}
