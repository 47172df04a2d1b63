/**
 * Carrying out a request once, however often it is sent with its idempotency key. The first answer is stored and given
 * again. An attempt that ends in the middle is taken over by the next one under the same request id, and because
 * everything a request makes is called by that id, nothing is made twice.
 */
import { Problem, type ProblemDetail, problemOf } from "#app/domain/problem.ts";
import type { Actor } from "#app/domain/tenant.ts";
import { fits } from "#app/domain/text/machine-words.ts";
import type { Begun, RequestAttempt, RequestStore, SealedText, StoredAnswer } from "#app/ports/request-store.ts";
import type { SecretMaker } from "#app/ports/secret-maker.ts";
import type { SecretStore } from "#app/ports/secret-store.ts";
import { canonicalJson } from "#app/services/canonical-json.ts";
import { oneAtATime } from "#app/services/one-at-a-time.ts";
import { pause } from "#app/services/pause.ts";

/** A request that carries a key, as use cases see it. */
export interface KeyedRequest {
  /** The same for every attempt. */
  readonly id: string;
  /** An earlier attempt ended in the middle and may have done part of the work. */
  readonly resumed: boolean;
  /**
   * Part of the request is written: a refusal after this keeps the key bound to this request, and the next attempt is
   * `resumed`.
   */
  markWritten(): void;
  /**
   * Makes a secret that is part of the answer, once for all attempts. It is stored sealed with the tenant's key, and so
   * is then the answer, both for an hour. Once per request.
   */
  secret<T>(tenantId: string, make: () => Promise<T>): Promise<T>;
}

export interface AskedOnce {
  /** Null: nothing is remembered. */
  readonly key: string | null;
  /** Where it was sent to. */
  readonly scope: string;
  readonly body: unknown;
}

export type Once = <T>(actor: Actor, asked: AskedOnce, work: (request: KeyedRequest | null) => Promise<T>) => Promise<T>;

export interface RequestDeps {
  readonly requests: RequestStore;
  readonly secrets: SecretMaker;
  readonly secretStore: Pick<SecretStore, "seal" | "open">;
  readonly now: () => number;
  readonly onTrouble?: (doing: string, error: unknown) => void;
}

const minute = 60_000;
const keptMs = 24 * 60 * minute;
const secretMs = 60 * minute;
const leaseMs = 3_000;
const renewMs = 1_000;
const pollMs = 100;
const patienceMs = 30_000;
/** A longer answer is not stored: the request is carried out again, which gives the same. */
const longestAnswer = 64 * 1024;

/** For what belongs to a person and to no tenant. */
export const noTenant = "";

export function createOnce(deps: RequestDeps): Once {
  const inTurn = oneAtATime();
  let expireAt = 0;
  const expire = async (): Promise<void> => {
    if (deps.now() < expireAt) return;
    expireAt = deps.now() + minute;
    await deps.requests.expire(deps.now()).catch((error: unknown) => deps.onTrouble?.("dropping requests that are over", error));
  };
  return async (actor, asked, work) => {
    const { key } = asked;
    if (key === null) return work(null);
    if (!fits("requestKey", key))
      throw new Problem({ code: "invalid", issues: [{ field: "Idempotency-Key", code: "key.format", params: {} }] });
    return await inTurn(`${actor.personId} ${key}`, async () => {
      await expire();
      return await once(deps, { personId: actor.personId, key, digest: digestOf(deps, asked) }, work);
    });
  };
}

/** A body that is nested too deeply to be written as text is none that any form has. */
function digestOf({ secrets }: RequestDeps, { scope, body }: AskedOnce): string {
  try {
    return secrets.digest(canonicalJson([scope, body ?? {}]));
  } catch (error) {
    if (error instanceof RangeError) throw new Problem({ code: "invalid", issues: [{ field: "", code: "field.type", params: {} }] });
    throw error;
  }
}

type Named = Pick<RequestAttempt, "personId" | "key"> & { readonly digest: string };

async function once<T>(deps: RequestDeps, named: Named, work: (request: KeyedRequest) => Promise<T>): Promise<T> {
  const holder = deps.secrets.id();
  const begun = await beginInTurn(deps, named, holder);
  if (begun.outcome === "answered") return JSON.parse(await textOf(deps, begun.requestId, begun.answer)) as T;
  const attempt: RequestAttempt = { personId: named.personId, key: named.key, requestId: begun.requestId, holder };
  return await carryOut(deps, attempt, begun.resumed, work);
}

type Mine = Extract<Begun, { readonly outcome: "started" | "answered" }>;

/** Waits while another portal carries the request out. */
async function beginInTurn(deps: RequestDeps, named: Named, holder: string): Promise<Mine> {
  const { now } = deps;
  const over = new AbortController();
  for (const end = performance.now() + patienceMs; performance.now() < end; await pause(pollMs, over.signal)) {
    const begun = await deps.requests.begin({
      ...named,
      requestId: deps.secrets.id(),
      holder,
      now: now(),
      leaseMs,
      expiresAt: now() + keptMs,
    });
    if (begun.outcome === "reused") throw new Problem({ code: "key-reused" });
    if (begun.outcome !== "running") return begun;
  }
  throw new Problem({ code: "request-running", retryAfterSeconds: 5 });
}

async function textOf(deps: RequestDeps, requestId: string, answer: StoredAnswer): Promise<string> {
  switch (answer.kind) {
    case "open":
      return answer.text;
    case "sealed":
      return await deps.secretStore.open(answer.tenantId, purposeOf(requestId), answer.sealed);
    case "expired":
      throw new Problem({ code: "secret-expired" });
  }
}

/** Bound into the seal: what was sealed for one request opens for no other. */
const purposeOf = (requestId: string): string => `request ${requestId}`;

async function carryOut<T>(
  deps: RequestDeps,
  attempt: RequestAttempt,
  resumed: boolean,
  work: (request: KeyedRequest) => Promise<T>,
): Promise<T> {
  const trouble = (error: unknown) => deps.onTrouble?.("recording a request", error);
  const renewal = setInterval(() => void deps.requests.renew(attempt, deps.now() + leaseMs).catch(trouble), renewMs);
  const { request, secretTenant, isPartlyDone } = keyed(deps, attempt, resumed);
  try {
    const value = await work(request);
    // Not stored, it is found again by the request's id.
    await keep(deps, attempt, value, secretTenant()).catch((error: unknown) => {
      trouble(error);
      return deps.requests.abandon(attempt).catch(trouble);
    });
    return value;
  } catch (error) {
    await deps.requests[isRefusal(problemOf(error)) && !isPartlyDone() ? "refuse" : "abandon"](attempt).catch(trouble);
    throw error;
  } finally {
    clearInterval(renewal);
  }
}

/** Nothing came of the request; anything else may have ended in the middle. */
const isRefusal = (problem: ProblemDetail | null): boolean => problem !== null && !problem.code.startsWith("storage-");

interface Carried {
  readonly request: KeyedRequest;
  readonly secretTenant: () => string | null;
  /** This attempt or an earlier one may have written something. */
  readonly isPartlyDone: () => boolean;
}

function keyed(deps: RequestDeps, attempt: RequestAttempt, resumed: boolean): Carried {
  const { requestId } = attempt;
  let secretTenant: string | null = null;
  let partlyDone = resumed;
  const markWritten = (): void => {
    partlyDone = true;
  };
  const secret = async <T>(tenantId: string, make: () => Promise<T>): Promise<T> => {
    secretTenant = tenantId;
    const kept = await deps.requests.keepSecret(attempt, await sealed(deps, requestId, tenantId, await make()));
    return JSON.parse(await deps.secretStore.open(kept.tenantId, purposeOf(requestId), kept.sealed)) as T;
  };
  return { request: { id: requestId, resumed, markWritten, secret }, secretTenant: () => secretTenant, isPartlyDone: () => partlyDone };
}

async function sealed(deps: RequestDeps, requestId: string, tenantId: string, value: unknown): Promise<SealedText> {
  return {
    tenantId,
    sealed: await deps.secretStore.seal(tenantId, purposeOf(requestId), JSON.stringify(value)),
    until: deps.now() + secretMs,
  };
}

async function keep(deps: RequestDeps, attempt: RequestAttempt, value: unknown, secretTenant: string | null): Promise<void> {
  const text = JSON.stringify(value ?? null);
  if (secretTenant !== null) await deps.requests.answer(attempt, await sealed(deps, attempt.requestId, secretTenant, value));
  else if (text.length > longestAnswer) await deps.requests.abandon(attempt);
  else await deps.requests.answer(attempt, { text });
}

/** Makes it once per request; without a key it is made each time. */
export const secretFor = <T>(request: KeyedRequest | null, tenantId: string, make: () => Promise<T>): Promise<T> =>
  request === null ? make() : request.secret(tenantId, make);
