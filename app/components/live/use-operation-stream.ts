/**
 * An operation's progress, kept up to date. It starts from what the server folded, asks for entries after its own cursor,
 * and the reducer ignores what it has seen, so nothing is lost and nothing is repeated.
 */
import { useEffect, useReducer, useRef, useState } from "react";
import type { JournalEntry } from "#app/domain/operation/event.ts";
import { isOver } from "#app/domain/operation/operation.ts";
import { reduce, type Progress } from "#app/domain/operation/progress.ts";
import { useClock } from "#app/ui/time/now.tsx";
import { browserTransport } from "./browser-transport.ts";
import { followOperation, type Connection } from "./follow-operation.ts";

export interface OperationStream {
  readonly progress: Progress;
  readonly connection: Connection;
  /** When the server was last heard from, epoch milliseconds; null before the first time. */
  readonly heardAt: number | null;
}

const foldAll = (progress: Progress, entries: readonly JournalEntry[]): Progress => entries.reduce(reduce, progress);

export function useOperationStream(id: string, first: Progress, head: number): OperationStream {
  const [progress, fold] = useReducer(foldAll, first);
  const complete = isOver(progress.state) && progress.cursor >= head;
  const [connection, setConnection] = useState<Connection>(complete ? "done" : "connecting");
  const [heardAt, setHeardAt] = useState<number | null>(null);
  const latest = useRef(progress);
  latest.current = progress;
  const readClock = useClock();
  const clock = useRef(readClock);
  clock.current = readClock;
  const resting = complete && connection === "done";
  useEffect(() => {
    if (resting) return;
    return followOperation(
      id,
      {
        cursor: () => latest.current.cursor,
        onEntries: (entries) => {
          setHeardAt(clock.current());
          fold(entries);
        },
        onConnection: setConnection,
      },
      browserTransport,
    );
  }, [id, resting]);
  return { progress, connection, heardAt };
}
