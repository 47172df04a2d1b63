/**
 * What must hold after any fault, whatever it was: the five promises, a whole database, nothing twice and nothing left.
 * Pure: it judges evidence that was gathered elsewhere, and says in a sentence what does not hold.
 */
import type { JournalEntry } from "#app/domain/operation/event.ts";
import { canMove, isOver, type Operation, type OperationState } from "#app/domain/operation/operation.ts";
import type { Repeated } from "./person.ts";

export const promises = ["acknowledged", "one-writer", "one-end", "nothing-left", "every-event", "database", "same-again"] as const;
export type Promised = (typeof promises)[number];

export interface Violation {
  readonly promise: Promised;
  readonly says: string;
}

export interface OperationEvidence {
  readonly operation: Operation;
  readonly entries: readonly JournalEntry[];
  /** What each viewer saw, over all of its connections. */
  readonly viewers: readonly (readonly JournalEntry[])[];
  /** Old claims on it that could still write. */
  readonly staleWrites: number;
}

export interface HostEvidence {
  /** `machine b1abcde-cp0` and the like: what the rows say there is, and what the host has. */
  readonly owned: readonly string[];
  readonly found: readonly string[];
  /** Lock files, scratch folders and living processes of runs that are over. */
  readonly leftovers: readonly string[];
  /** Steps that the stack's state still calls begun. */
  readonly pending: number;
}

export interface Evidence {
  readonly operations: readonly OperationEvidence[];
  /** Ids that a person was told. */
  readonly acknowledged: readonly string[];
  readonly repeated: readonly Repeated[];
  readonly integrity: string | null;
  readonly host: HostEvidence;
  /** Rows of another preview that are not "same"; null when none was made. */
  readonly secondPreview: readonly string[] | null;
}

export function violationsOf(e: Evidence): readonly Violation[] {
  return [...acknowledged(e), ...e.operations.flatMap(judgeOperation), ...nothingLeft(e.host), ...wholeDatabase(e), ...sameAgain(e)];
}

const broken = (promise: Promised, says: string): Violation => ({ promise, says });

function acknowledged(e: Evidence): readonly Violation[] {
  const known = new Set(e.operations.map((o) => o.operation.id));
  const lost = e.acknowledged
    .filter((id) => !known.has(id))
    .map((id) => broken("acknowledged", `operation ${id} was acknowledged and is not there`));
  const twice = e.repeated
    .filter((r) => r.same !== r.operationId)
    .map((r) => broken("acknowledged", `repeating the request of ${r.operationId} gave ${r.same ?? "a refusal"}`));
  const reused = e.repeated
    .filter((r) => r.otherRefused === false)
    .map((r) => broken("acknowledged", `another body under the key of ${r.operationId} was accepted`));
  return [...lost, ...twice, ...reused];
}

function judgeOperation(o: OperationEvidence): readonly Violation[] {
  return [...oneWriter(o), ...oneEnd(o), ...everyEvent(o)];
}

function oneWriter({ operation, staleWrites }: OperationEvidence): readonly Violation[] {
  return staleWrites === 0 ? [] : [broken("one-writer", `${staleWrites} old claims on ${operation.id} could still write`)];
}

/** Every change of state is a legal one, the last is the row's, and after an end comes only a resume. */
function oneEnd({ operation, entries }: OperationEvidence): readonly Violation[] {
  const found: Violation[] = [];
  let state: OperationState | null = null;
  for (const { seq, event } of entries) {
    if (event.kind === "state") {
      const legal: boolean = state === null ? event.to === "queued" : canMove(state, event.to);
      if (!legal) found.push(broken("one-end", `${operation.id}: entry ${seq} goes from ${state ?? "nothing"} to ${event.to}`));
      state = event.to;
    } else if (state === null || isOver(state)) {
      found.push(broken("one-end", `${operation.id}: entry ${seq} (${event.kind}) comes after the end`));
    }
  }
  if (state !== operation.state)
    found.push(broken("one-end", `${operation.id}: the journal says ${state ?? "nothing"}, the row says ${operation.state}`));
  if (!isOver(operation.state) && operation.state !== "interrupted")
    found.push(broken("one-end", `${operation.id} is ${operation.state} and did not end`));
  return found;
}

function everyEvent({ operation, entries, viewers }: OperationEvidence): readonly Violation[] {
  const gap = entries.findIndex((e, i) => e.seq !== i + 1);
  const journal = gap < 0 ? [] : [broken("every-event", `${operation.id}: entry ${gap + 1} of the journal has seq ${entries[gap]?.seq}`)];
  return [...journal, ...viewers.flatMap((seen, i) => missed(operation.id, i, entries, seen))];
}

function missed(id: string, viewer: number, entries: readonly JournalEntry[], seen: readonly JournalEntry[]): readonly Violation[] {
  const at = entries.findIndex((e, i) => JSON.stringify(seen[i]) !== JSON.stringify(e));
  if (at >= 0)
    return [
      broken(
        "every-event",
        `${id}: viewer ${viewer} has seq ${seen[at]?.seq ?? "nothing"} in place of ${entries[at]?.seq}, of ${entries.length}`,
      ),
    ];
  return seen.length === entries.length
    ? []
    : [broken("every-event", `${id}: viewer ${viewer} saw ${seen.length} entries of ${entries.length}`)];
}

function nothingLeft({ owned, found, leftovers, pending }: HostEvidence): readonly Violation[] {
  const orphans = found.filter((n) => !owned.includes(n)).map((n) => broken("nothing-left", `${n} is there without an owner`));
  const missing = owned.filter((n) => !found.includes(n)).map((n) => broken("nothing-left", `${n} should be there and is not`));
  const twice = found.filter((n, i) => found.indexOf(n) !== i).map((n) => broken("nothing-left", `${n} is there twice`));
  const left = leftovers.map((l) => broken("nothing-left", `left over: ${l}`));
  const begun = pending === 0 ? [] : [broken("nothing-left", `the state calls ${pending} steps begun`)];
  return [...orphans, ...missing, ...twice, ...left, ...begun];
}

const wholeDatabase = ({ integrity }: Evidence): readonly Violation[] =>
  integrity === null || integrity === "ok" ? [] : [broken("database", `integrity check: ${integrity}`)];

const sameAgain = ({ secondPreview }: Evidence): readonly Violation[] =>
  (secondPreview ?? []).map((row) => broken("same-again", `a second preview would ${row}`));
