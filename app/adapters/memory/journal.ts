/** The journal's contract in memory. */
import type { Journal } from "#app/ports/journal.ts";
import type { MemoryState } from "./state.ts";

export function createMemoryJournal(state: MemoryState): Journal {
  const entriesOf = (id: string) => state.operations.get(id)?.entries ?? [];
  return {
    append: async (claim, events, at) => {
      if (events.length === 0) return [];
      state.requireLease(claim);
      return state.journal(claim.operationId, events, at);
    },
    read: async (operationId, after, limit) =>
      entriesOf(operationId)
        .filter((e) => e.seq > after)
        .slice(0, limit),
    head: async (operationId) => entriesOf(operationId).length,
    // Nothing is gained in memory: what counts is that reading stays the same.
    compact: async () => ({ operations: 0, entries: 0, bytesBefore: 0, bytesAfter: 0 }),
    onAppend: (listener) => {
      const own = (id: string) => listener(id);
      state.listeners.add(own);
      return () => void state.listeners.delete(own);
    },
  };
}
