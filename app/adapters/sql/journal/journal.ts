/**
 * The append-only record. Appends that wait while a commit is on its way are committed together by the next one: the
 * price of a durable commit is paid once for all of them, and nobody's promise resolves before its entries are safe.
 * Entries of operations that ended long ago lie packed in segments; a reader does not notice.
 */
import type { JournalEntry, OperationEvent } from "#app/domain/operation/event.ts";
import { failpoint } from "#app/ports/failpoint.ts";
import type { Journal } from "#app/ports/journal.ts";
import type { Claim } from "#app/ports/operation-store.ts";
import { storageTroubleOf } from "#app/ports/storage-trouble.ts";
import type { BerthDatabase } from "#app/adapters/sql/database/database.ts";
import { insertEntries, reserveSeq } from "./entries.ts";
import { leaseLost } from "#app/adapters/sql/lease.ts";
import type { Trx } from "#app/adapters/sql/database/locks.ts";
import { readEntries } from "./read-entries.ts";
import type { JournalRow } from "#app/adapters/sql/schema.ts";
import { compact } from "./segments.ts";

export function createJournal(database: BerthDatabase): Journal {
  const commits = new GroupCommit(database);
  return {
    append: (claim, events, at) => commits.append(claim, events, at),
    read: (operationId, after, limit) => readEntries(database.reader, operationId, after, limit),
    compact: (q) => compact(database, q),
    head: async (operationId) => {
      const row = await database.reader.selectFrom("operations").select("last_seq").where("id", "=", operationId).executeTakeFirst();
      return row?.last_seq ?? 0;
    },
    onAppend: (listener) => database.wakeUp.subscribe(listener),
  };
}

/** One caller's append while it waits. `texts` are the events as they will be stored. */
interface Waiting {
  readonly claim: Claim;
  readonly events: readonly OperationEvent[];
  readonly texts: readonly string[];
  readonly at: number;
  /** Must be written on a full disk too; see disk-reserve.ts. */
  readonly vital: boolean;
  readonly done: (entries: readonly JournalEntry[]) => void;
  readonly refused: (error: unknown) => void;
}

/** States, steps and failures are few and small. What comes with a flood of output waits together with it. */
const isVital = (events: readonly OperationEvent[], texts: readonly string[]): boolean =>
  events.some((e) => e.kind !== "output") && texts.reduce((n, t) => n + t.length, 0) <= 64 * 1024;

/** Bounds one commit, so that a flood of output does not make everybody wait for one huge transaction. */
const rowsPerCommit = 5_000;

class GroupCommit {
  readonly #database: BerthDatabase;
  #queue: Waiting[] = [];
  #committing = false;

  constructor(database: BerthDatabase) {
    this.#database = database;
  }

  async append(claim: Claim, events: readonly OperationEvent[], at: number): Promise<readonly JournalEntry[]> {
    if (events.length === 0) return [];
    const texts = events.map((e) => JSON.stringify(e));
    const vital = isVital(events, texts);
    // Asked only then, because waiting would let a later append overtake this one.
    if (!vital && this.#database.reserve.low) await this.#database.reserve.demand();
    return await new Promise((done, refused) => {
      this.#queue.push({ claim, events, texts, at, vital, done, refused });
      if (!this.#committing) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#committing = true;
    // Everyone who appends in this turn of the loop shares the first commit too.
    await Promise.resolve();
    while (this.#queue.length > 0) await this.#commit(this.#takeBatch());
    this.#committing = false;
  }

  #takeBatch(): readonly Waiting[] {
    let rows = 0;
    const end = this.#queue.findIndex((w) => {
      rows += w.texts.length;
      return rows >= rowsPerCommit;
    });
    return this.#queue.splice(0, end < 0 ? this.#queue.length : end + 1);
  }

  async #commit(batch: readonly Waiting[], secondTry = false): Promise<void> {
    const { writer, wakeUp, reserve } = this.#database;
    const groups = byClaim(batch);
    try {
      const firsts = await writer.transaction().execute(async (trx) => {
        const found = await reserveAll(trx, groups);
        await insertEntries(
          trx,
          groups.flatMap((g, i) => rowsOf(g, found[i] ?? null)),
        );
        failpoint("append.before-commit");
        return found;
      });
      failpoint("append.after-commit");
      const written = groups.filter((g, i) => settle(g, firsts[i] ?? null));
      wakeUp.announce([...new Set(written.map((g) => g.claim.operationId))]);
    } catch (error) {
      wakeUp.doubt();
      // With the space of the reserve what is vital can be written; a second time there is none left to wait for.
      const again = storageTroubleOf(error)?.kind === "full" && !secondTry ? batch.filter((w) => w.vital) : [];
      for (const w of batch) if (!again.includes(w)) w.refused(error);
      if (again.length === 0) return;
      await reserve.settled();
      await this.#commit(again, true);
    }
  }
}

interface Group {
  readonly claim: Claim;
  readonly members: readonly Waiting[];
  readonly count: number;
}

/** Sorted by operation, so that two processes lock rows in the same order. */
function byClaim(batch: readonly Waiting[]): readonly Group[] {
  const key = (c: Claim) => `${c.operationId} ${c.generation} ${c.clusterId}`;
  const groups = Map.groupBy(batch, (w) => key(w.claim));
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.flatMap(([, members]) => {
    const claim = members[0]?.claim;
    return claim ? [{ claim, members, count: members.reduce((n, w) => n + w.texts.length, 0) }] : [];
  });
}

/** The first seq of each group, or null where the lease is over. */
async function reserveAll(trx: Trx, groups: readonly Group[]): Promise<readonly (number | null)[]> {
  const firsts: (number | null)[] = [];
  for (const g of groups) firsts.push(await reserveSeq(trx, g.claim.operationId, g.count, g.claim));
  return firsts;
}

function rowsOf(group: Group, first: number | null): readonly JournalRow[] {
  if (first === null) return [];
  const texts = group.members.flatMap((w) => w.texts.map((event) => ({ event, at: w.at })));
  return texts.map(({ event, at }, i) => ({ operation_id: group.claim.operationId, seq: first + i, at, event }));
}

/** Answers everybody in the group; false when they were refused. */
function settle(group: Group, first: number | null): boolean {
  let seq = first ?? 0;
  for (const w of group.members) {
    if (first === null) w.refused(leaseLost(group.claim));
    else w.done(w.events.map((event) => ({ operationId: group.claim.operationId, seq: seq++, at: w.at, event })));
  }
  return first !== null;
}
