/** What one path and method of the API is: everything about it in one value, from which router and document are made. */
import { z } from "zod";
import type { Answer } from "#app/contract/shapes.ts";
import type { Verb } from "#app/domain/access.ts";
import type { Actor } from "#app/domain/tenant.ts";
import type { Services } from "#app/services/portal.ts";
import type { KeyedRequest } from "#app/services/idempotent-requests.ts";
import type { Feed } from "#app/server/socket/feed.server.ts";
import type { LongPolls } from "#app/server/requests/long-polls.server.ts";

export interface Call<P, Q, B> {
  readonly services: Services;
  readonly feed: Feed;
  readonly actor: Actor;
  /** Who the caller is now: rights may have ended since the request began. Problem: sign-in-needed. */
  readonly actorNow: () => Promise<Actor>;
  readonly longPolls: LongPolls;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Of a change that was sent with an idempotency key. */
  readonly keyed: KeyedRequest | null;
  /** Aborted when the caller hangs up. */
  readonly signal: AbortSignal;
}

export interface Endpoint {
  readonly method: "get" | "post" | "put" | "delete";
  /** Below `/api/v1`, with `:name` parameters. A page of the same address answers JSON by it. */
  readonly path: string;
  readonly verb: Verb;
  readonly summary: string;
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  /** Null: no body is read. */
  readonly body: z.ZodType | null;
  /** The body as the document describes it, where the endpoint reads it more loosely first. */
  readonly described: z.ZodType | null;
  /** Fields that are not in it do not leave the portal. `"yaml"`: the text itself. */
  readonly answer: z.ZodType | "yaml";
  readonly status: 200 | 201 | 202 | 204;
  readonly run: (call: Call<unknown, unknown, unknown>) => Promise<unknown>;
}

const nothing = z.object({});
type Nothing = typeof nothing;

/** What `run` gives: messages without texts, and perhaps more fields than the answer has. Where nothing is answered, anything. */
type Given<A extends Endpoint["answer"]> = A extends z.ZodUndefined ? unknown : A extends z.ZodType ? Answer<A> : string;

interface Draft<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType, A extends Endpoint["answer"]> {
  readonly method: Endpoint["method"];
  readonly path: string;
  readonly verb: Verb;
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly described?: z.ZodType;
  readonly answer: A;
  readonly status?: Endpoint["status"];
  run(call: Call<z.output<P>, z.output<Q>, z.output<B>>): Promise<Given<A>>;
}

/** Checks at compile time that `run` reads what the schemas give, and gives what the answer has. */
export function endpoint<
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  B extends z.ZodType = z.ZodUndefined,
  A extends Endpoint["answer"] = Endpoint["answer"],
>(draft: Draft<P, Q, B, A>): Endpoint {
  return {
    method: draft.method,
    path: draft.path,
    verb: draft.verb,
    summary: draft.summary,
    params: draft.params ?? nothing,
    query: draft.query ?? nothing,
    body: draft.body ?? null,
    described: draft.described ?? draft.body ?? null,
    answer: draft.answer,
    status: draft.status ?? 200,
    run: (call) => draft.run(call as Call<z.output<P>, z.output<Q>, z.output<B>>),
  };
}
