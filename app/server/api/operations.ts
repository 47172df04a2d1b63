/** API: operations and their journals. */
import { z } from "zod";
import { entries, operation, operationPage, operationWithEntries } from "#app/contract/operations.ts";
import type { JournalEntry } from "#app/domain/operation/event.ts";
import { isOver, operationFilters, statesOf } from "#app/domain/operation/operation.ts";
import type { Actor } from "#app/domain/tenant.ts";
import { digitsField, wordField } from "#app/forms/text-fields.ts";
import { type Call, endpoint } from "./endpoint.ts";
import { idParams, pageQuery } from "./schemas.ts";

const listQuery = z.object({
  tenant: wordField("label").optional(),
  ...pageQuery,
  before: wordField("id").optional(),
  state: z.enum(operationFilters).optional().describe("unfinished: queued, running or interrupted"),
});

const entriesQuery = z.object({
  after: digitsField(0, 1e15).default(0),
  limit: digitsField(1, 1000).default(250),
  wait: digitsField(0, 30).default(0).describe("Seconds to wait for an entry when there is none yet"),
});

export const operationEndpoints = [
  endpoint({
    method: "get",
    path: "/operations",
    verb: "operation.list",
    summary: "Operations, newest first",
    query: listQuery,
    answer: operationPage,
    run: async ({ services, actor, query }) => {
      const { tenant, limit, before, state } = query;
      const filter = {
        ...(tenant === undefined ? {} : { tenant }),
        ...(limit === undefined ? {} : { limit }),
        ...(before === undefined ? {} : { before }),
        ...(state === undefined ? {} : { states: statesOf(state) }),
      };
      return services.operations.list(actor, filter);
    },
  }),
  endpoint({
    method: "get",
    path: "/operations/:id",
    verb: "operation.read",
    summary: "One operation with the first page of its journal",
    params: idParams,
    answer: operationWithEntries,
    run: ({ services, actor, params }) => services.operations.get(actor, params.id),
  }),
  endpoint({
    method: "get",
    path: "/operations/:id/entries",
    verb: "operation.read",
    summary: "Journal entries after a cursor; waits for the next one when asked to",
    params: idParams,
    query: entriesQuery,
    answer: entries,
    run: (call) => entriesAfter(call),
  }),
  endpoint({
    method: "post",
    path: "/operations/:id/cancel",
    verb: "operation.cancel",
    summary: "Ask a queued, running or interrupted operation to stop",
    params: idParams,
    answer: operation,
    status: 202,
    run: ({ services, actor, params }) => services.operations.cancel(actor, params.id),
  }),
  endpoint({
    method: "post",
    path: "/operations/:id/resume",
    verb: "operation.resume",
    summary: "Continue an operation that failed, was cancelled or was interrupted",
    params: idParams,
    answer: operation,
    status: 202,
    run: ({ services, actor, params }) => services.operations.resume(actor, params.id),
  }),
];

type EntriesCall = Call<z.output<typeof idParams>, z.output<typeof entriesQuery>, undefined>;

async function entriesAfter(call: EntriesCall) {
  const { after, limit, wait } = call.query;
  // Subscribed before the first read: what comes in between wakes this call instead of being missed.
  const next = nextEntry(call, wait);
  const read = (actor: Actor) => call.services.operations.entries(actor, call.params.id, after, limit);
  try {
    const first = await read(call.actor);
    if (first.length > 0 || wait === 0) return await answer(call, call.actor, first);
    const { state, tenant } = await call.services.operations.summary(call.actor, call.params.id);
    if (isOver(state)) return await answer(call, call.actor, first);
    await waitInPlace(call, tenant, next.arrived);
    const actor = await call.actorNow();
    return await answer(call, actor, await read(actor));
  } finally {
    next.stop();
  }
}

async function waitInPlace({ longPolls, actor }: EntriesCall, tenant: string, arrived: Promise<void>): Promise<void> {
  const leave = longPolls.enter(actor.personId, tenant);
  await arrived.finally(leave);
}

function nextEntry(call: EntriesCall, seconds: number): { readonly arrived: Promise<void>; readonly stop: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const unsubscribe = call.feed.subscribe(call.params.id, resolve);
  const timer = setTimeout(resolve, seconds * 1000);
  if (call.signal.aborted) resolve();
  call.signal.addEventListener("abort", () => resolve(), { once: true });
  return {
    arrived: promise,
    stop: () => {
      clearTimeout(timer);
      unsubscribe();
    },
  };
}

/** `over`: the operation has ended and nothing follows these entries. */
async function answer({ services, params, query }: EntriesCall, actor: Actor, entries: readonly JournalEntry[]) {
  const cursor = entries.at(-1)?.seq ?? query.after;
  const { state } = await services.operations.summary(actor, params.id);
  const over = isOver(state) && (await services.operations.entries(actor, params.id, cursor, 1)).length === 0;
  return { entries, cursor, over };
}
