/**
 * Between the engine, which must never wait, and the journal, which takes its time: holds events in order, lets one
 * batch be under way at a time, and drops output (never anything else) when a flood would fill the memory.
 */
import type { OperationEvent } from "#app/domain/operation/event.ts";
import { mergeOutput } from "./events.ts";

export interface EventQueue {
  push(events: readonly OperationEvent[]): void;
  /** Resolves when everything pushed so far has been taken. */
  drained(): Promise<void>;
}

/** `deliver` resolves when the batch is safe; its rejection ends deliveries and is told through `drained`. */
export function createEventQueue(
  deliver: (events: readonly OperationEvent[]) => Promise<void>,
  limits: { readonly lines: number; readonly batch: number } = { lines: 5_000, batch: 500 },
): EventQueue {
  const waiting: OperationEvent[] = [];
  let lines = 0;
  let dropped = 0;
  let busy: Promise<void> | null = null;

  const take = (): OperationEvent[] => {
    const batch = waiting.splice(0, limits.batch);
    lines -= batch.reduce((n, e) => n + lineCount(e), 0);
    if (waiting.length === 0 && dropped > 0) {
      batch.push({ kind: "truncated", lines: dropped });
      dropped = 0;
    }
    return mergeOutput(batch);
  };

  const pump = async () => {
    // Events of one tick of the engine travel together.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0 || dropped > 0) await deliver(take());
  };

  const start = () => {
    busy ??= pump().finally(() => {
      busy = null;
    });
    // A failed delivery is seen by whoever waits for `drained`; here it must not end the process.
    busy.catch(() => undefined);
  };

  return {
    push(events) {
      for (const event of events) {
        const count = lineCount(event);
        if (count > 0 && lines + count > limits.lines) dropped += count;
        else {
          waiting.push(event);
          lines += count;
        }
      }
      if (waiting.length > 0 || dropped > 0) start();
    },
    async drained() {
      while (busy !== null) await busy;
    },
  };
}

const lineCount = (event: OperationEvent): number => (event.kind === "output" ? event.lines.length : 0);
