/**
 * Hints for pages with lists: an operation of a tenant that the viewer may read began, moved on or ended. A hint carries
 * nothing else; the page asks for what it shows. Output is no change: the journal wakes this up for every entry, and the
 * operation's row says whether its state moved.
 */
import { can, ofTenant } from "#app/domain/access.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import type { Actor } from "#app/domain/tenant.ts";
import type { Journal } from "#app/ports/journal.ts";
import type { OperationStore } from "#app/ports/operation-store.ts";
import { type Frame, textMessage } from "./socket/frame.server.ts";

/** A viewer of lists. */
export interface HintSubscriber {
  readonly actor: Actor;
  take(frame: Frame): boolean;
}

export interface ChangeHintsDeps {
  readonly journal: Pick<Journal, "onAppend">;
  readonly operations: Pick<OperationStore, "get">;
  readonly onError: (error: unknown, doing: string) => void;
  /** Appends within this time are looked at together. */
  readonly gatherMs?: number;
}

export interface ChangeHints {
  join(subscriber: HintSubscriber): () => void;
  close(): void;
}

const statesKept = 2_000;
const hint: Frame = { from: 0, to: 0, bytes: textMessage('{"changed":true}'), state: null };

export function createChangeHints({ journal, operations, onError, gatherMs = 250 }: ChangeHintsDeps): ChangeHints {
  const subscribers = new Set<HintSubscriber>();
  const known = new Map<string, string>();
  const touched = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const checkTouched = async () => {
    timer = undefined;
    const ids = [...touched];
    touched.clear();
    const found = await Promise.all(ids.map((id) => operations.get(id)));
    const tenants = new Set(found.flatMap((operation) => (operation !== null && moved(known, operation) ? [operation.tenantId] : [])));
    for (const subscriber of subscribers)
      if ([...tenants].some((tenant) => can(subscriber.actor, "operation.read", ofTenant(tenant)))) subscriber.take(hint);
  };
  const stop = journal.onAppend((operationId) => {
    if (subscribers.size === 0) return;
    touched.add(operationId);
    timer ??= setTimeout(
      () => void checkTouched().catch((error: unknown) => onError(error, "looking for changed operations")),
      gatherMs,
    ).unref();
  });
  return {
    join: (subscriber) => {
      subscribers.add(subscriber);
      return () => void subscribers.delete(subscriber);
    },
    close: () => {
      stop();
      clearTimeout(timer);
    },
  };
}

/** Whether what lists show of it is not what it was. */
function moved(known: Map<string, string>, operation: Operation): boolean {
  const { id, state, attempt, cancelRequestedAt } = operation;
  const now = `${state} ${attempt} ${cancelRequestedAt !== null}`;
  if (known.get(id) === now) return false;
  known.delete(id);
  known.set(id, now);
  for (const oldest of known.keys()) if (known.size > statesKept) known.delete(oldest);
  return true;
}
