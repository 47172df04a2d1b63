/**
 * Between the engine, which must never wait, and the journal, which takes its time: holds events in order, lets one
 * batch be under way at a time, and drops output (never anything else) when a flood would fill the memory. Whatever a
 * command prints, what is held here stays within the limits.
 */
import type { OperationEvent } from "#app/domain/operation/event.ts";
import { mergeOutput } from "./events.ts";

export interface EventQueue {
  push(events: readonly OperationEvent[]): void;
  /** Resolves when everything pushed so far has been taken. */
  drained(): Promise<void>;
}

export interface QueueLimits {
  /** Of output, in lines and in characters. */
  readonly lines: number;
  readonly characters: number;
  /** Events of one delivery, and characters of output in it. */
  readonly batch: number;
  readonly batchCharacters: number;
}

const usual: QueueLimits = { lines: 5_000, characters: 4_000_000, batch: 500, batchCharacters: 500_000 };

/** `deliver` resolves when the batch is safe. Its rejection is the last delivery: `onLost` is told, and whoever waits for `drained`. */
export function createEventQueue(
  deliver: (events: readonly OperationEvent[]) => Promise<void>,
  { onLost = () => undefined, ...given }: Partial<QueueLimits> & { readonly onLost?: () => void } = {},
): EventQueue {
  const limits = { ...usual, ...given };
  let lost: { readonly reason: unknown } | null = null;
  let waiting: OperationEvent[] = [];
  let lines = 0;
  let characters = 0;
  let dropped = 0;
  let busy: Promise<void> | null = null;

  const take = (): OperationEvent[] => {
    const batch = waiting.slice(0, countOf(waiting, limits));
    waiting = waiting.slice(batch.length);
    for (const event of batch) {
      lines -= lineCount(event);
      characters -= sizeOf(event);
    }
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
    busy ??= pump()
      .catch((reason: unknown) => {
        // What came after a lost batch would hide the gap, so nothing is delivered any more.
        lost = { reason };
        onLost();
      })
      .finally(() => {
        busy = null;
      });
  };

  const hold = (event: OperationEvent) => {
    waiting.push(event);
    lines += lineCount(event);
    characters += sizeOf(event);
  };

  return {
    push(events) {
      for (const event of events) {
        const count = lineCount(event);
        const fits = lines + count <= limits.lines && characters + sizeOf(event) <= limits.characters;
        if (count === 0 || fits) hold(event);
        else dropped += count;
      }
      if (lost === null && (waiting.length > 0 || dropped > 0)) start();
    },
    async drained() {
      while (busy !== null) await busy;
      if (lost !== null) throw lost.reason;
    },
  };
}

/** How many of these go into one delivery: at least one. */
function countOf(events: readonly OperationEvent[], limits: QueueLimits): number {
  let [count, characters] = [0, 0];
  for (const event of events.slice(0, limits.batch)) {
    characters += sizeOf(event);
    if (count > 0 && characters > limits.batchCharacters) break;
    count++;
  }
  return count;
}

const lineCount = (event: OperationEvent): number => (event.kind === "output" ? event.lines.length : 0);

const sizeOf = (event: OperationEvent): number => (event.kind === "output" ? event.lines.reduce((sum, l) => sum + l.length, 0) : 0);
