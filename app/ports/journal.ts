import type { JournalEntry, OperationEvent } from "#app/domain/operation/event.ts";
import type { Claim } from "./operation-store.ts";

/** What one compaction did: sizes in bytes of the stored events before and after. */
export interface Compaction {
  readonly operations: number;
  readonly entries: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/** The append-only record of operations. An entry that a reader can see is durable. */
export interface Journal {
  /** Appends in order, allocating gap-free `seq`. Rejects with {@link LeaseLost} when the claim is stale. */
  append(claim: Claim, events: readonly OperationEvent[], at: number): Promise<readonly JournalEntry[]>;
  /** Entries with `seq > after`, oldest first, at most `limit`. */
  read(operationId: string, after: number, limit: number): Promise<readonly JournalEntry[]>;
  /** Highest seq so far, 0 when none. */
  head(operationId: string): Promise<number>;
  /**
   * Packs the entries of operations that ended before `overBefore` (epoch ms) more tightly, at most `operations` of them.
   * What {@link read} answers does not change. Safe while others read, append or compact.
   */
  compact(q: { readonly overBefore: number; readonly operations: number }): Promise<Compaction>;
  /** A hint, not a promise, that entries were appended: subscribe first, then read. Returns the unsubscribe function. */
  onAppend(listener: (operationId: string) => void): () => void;
}
