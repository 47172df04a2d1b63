/** Wake-ups by operation: one listener at the journal for everybody. Whoever is told reads on from the own cursor. */
import type { Journal } from "#app/ports/journal.ts";

export interface Feed {
  /** Call before the first read. Returns the unsubscribe function. */
  subscribe(operationId: string, wake: () => void): () => void;
  close(): void;
}

export function createFeed(journal: Pick<Journal, "onAppend">): Feed {
  const listeners = new Map<string, Set<() => void>>();
  const stop = journal.onAppend((operationId) => {
    for (const wake of [...(listeners.get(operationId) ?? [])]) wake();
  });
  return {
    subscribe: (operationId, wake) => {
      const own = listeners.get(operationId) ?? new Set();
      // Wrapped, so that the same function subscribed twice is two subscriptions.
      const entry = () => wake();
      listeners.set(operationId, own.add(entry));
      return () => {
        own.delete(entry);
        if (own.size === 0 && listeners.get(operationId) === own) listeners.delete(operationId);
      };
    },
    close: stop,
  };
}
