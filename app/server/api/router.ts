/** The API as Express sees it: made from the endpoints, nothing is answered that is not among them. */
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response, type Router } from "express";
import { z } from "zod";
import { can, isOpen, thePortal } from "#app/domain/access.ts";
import { Problem, problemOf } from "#app/domain/problem.ts";
import type { Actor } from "#app/domain/tenant.ts";
import { failpoint } from "#app/ports/failpoint.ts";
import type { Language } from "#app/messages/languages.ts";
import type { Services } from "#app/services/portal.ts";
import type { AskedOnce } from "#app/services/idempotent-requests.ts";
import { storageProblemOf } from "#app/services/storage/storage-problem.ts";
import type { WhoIs } from "#app/server/http/caller.server.ts";
import type { Feed } from "#app/server/socket/feed.server.ts";
import { parseJson } from "#app/server/requests/json-body.server.ts";
import type { LongPolls } from "#app/server/requests/long-polls.server.ts";
import type { BodyReader } from "#app/server/requests/request-body.server.ts";
import { languageAsked, wordsIn } from "#app/server/http/words.server.ts";
import { withTexts } from "./answer-texts.ts";
import type { Endpoint } from "./endpoint.ts";
import { issuesOf, plainProblem, problemJson, sendProblem } from "./problem-json.ts";

export interface ApiDeps {
  readonly services: Services;
  readonly feed: Feed;
  readonly whoIs: WhoIs;
  readonly bodies: BodyReader;
  readonly longPolls: LongPolls;
  readonly onError: (error: unknown, doing: string) => void;
}

/** Answers everything below its mount point: what no endpoint has is a 404 of the same shape. */
export function apiRouter(deps: ApiDeps, endpoints: readonly Endpoint[], document: () => unknown): Router {
  const router = express.Router({ caseSensitive: true });
  router.get("/openapi.json", (_req, res) => void res.json(document()));
  // Literal paths come before parameters, whatever the order in which they are listed.
  const ordered = [...endpoints].sort((a, b) => parameters(a) - parameters(b));
  for (const e of ordered) router[e.method](e.path, handle(deps, e));
  for (const path of new Set(ordered.map((e) => e.path))) router.all(path, wrongMethod(ordered.filter((e) => e.path === path)));
  router.use((req, res) => sendProblem(res, problemJson({ code: "not-found" }, languageAsked(req.headers))));
  router.use(lastResort(deps));
  return router;
}

const parameters = (e: Endpoint): number => e.path.split(":").length;

function handle(deps: ApiDeps, e: Endpoint): RequestHandler {
  return (req, res, next) => {
    answer(deps, e, req, res).catch(next);
  };
}

async function answer(deps: ApiDeps, e: Endpoint, req: Request, res: Response): Promise<void> {
  const actorNow = () => actorOf(deps, req);
  const actor = await actorNow();
  guardPortal(actor, e);
  const language = languageAsked(req.headers);
  const call: Omit<Parameters<Endpoint["run"]>[0], "keyed"> = {
    services: deps.services,
    feed: deps.feed,
    actor,
    actorNow,
    longPolls: deps.longPolls,
    // A malformed name in the address is no different from an unknown one.
    params: parse(language, e.params, req.params, () => ({ code: "not-found" })),
    query: parse(language, e.query, req.query),
    // Read last: nobody who is not known makes the portal read a body.
    body: e.body === null ? undefined : parse(language, e.body, await jsonOf(deps, actor, req)),
    signal: hangUp(res),
  };
  const value = await deps.services.once(actor, askedOnce(e, req, call), async (keyed) => shaped(e, await e.run({ ...call, keyed })));
  failpoint("answer.before-send");
  send(res, e, value);
}

async function actorOf(deps: ApiDeps, req: Request): Promise<Actor> {
  const { actor } = await deps.whoIs(req.headers);
  if (!actor) throw new Problem({ code: "sign-in-needed" });
  return actor;
}

const jsonType = /^application\/([\w.-]+\+)?json\s*(;|$)/i;

const jsonOf = async ({ bodies }: ApiDeps, { personId }: Actor, req: Request): Promise<unknown> =>
  parseJson(await bodies.read(req, { personId }, jsonType));

/** Verbs about the portal itself are decided here; verbs about a tenant's objects in the service that finds the object. */
function guardPortal(actor: Actor, e: Endpoint): void {
  const aboutPortal = isOpen(e.verb) || can({ ...actor, operator: true }, e.verb, thePortal);
  if (!aboutPortal || can(actor, e.verb, thePortal)) return;
  // What may not be seen is not there; what may not be done is refused by name.
  throw new Problem(e.method === "get" ? { code: "not-found" } : { code: "not-allowed", verb: e.verb });
}

function parse(language: Language, schema: z.ZodType, sent: unknown, problem?: () => { readonly code: "not-found" }): unknown {
  const read = schema.safeParse(sent, { error: z.locales[language]().localeError });
  if (read.success) return read.data;
  throw new Problem(problem ? problem() : { code: "invalid", issues: issuesOf(read.error, sent) });
}

/** A cluster's form is read loosely here, as it was sent: what a field that is left out stands for may change. */
function askedOnce(
  e: Endpoint,
  req: Request,
  { params, query, body }: { readonly params: unknown; readonly query: unknown; readonly body: unknown },
): AskedOnce {
  const key = e.method === "get" ? null : (req.get("Idempotency-Key") ?? null);
  return { key, scope: `api ${e.method} ${e.path} ${JSON.stringify([params, query])}`, body };
}

/** Only fields that the answer has. */
function shaped(e: Endpoint, value: unknown): unknown {
  if (e.status === 204) return null;
  return e.answer === "yaml" ? String(value) : e.answer.parse(withTexts(value, wordsIn("en")));
}

function hangUp(res: Response): AbortSignal {
  const controller = new AbortController();
  res.once("close", () => controller.abort());
  return controller.signal;
}

function send(res: Response, e: Endpoint, value: unknown): void {
  if (res.destroyed) return;
  res.status(e.status).set("Cache-Control", "no-store");
  if (e.status === 204) res.end();
  else if (e.answer === "yaml") res.type("application/yaml").send(value);
  else res.json(value);
}

function wrongMethod(known: readonly Endpoint[]): RequestHandler {
  const allow = known.map((e) => e.method.toUpperCase()).join(", ");
  return (_req, res) => {
    res.setHeader("Allow", allow);
    sendProblem(res, plainProblem(405, "Method not allowed", `This address answers to ${allow}.`));
  };
}

function lastResort(deps: ApiDeps): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error);
    const storage = storageProblemOf(error);
    if (storage) deps.onError(error, `answering ${req.method} ${req.path}`);
    const problem = problemOf(error) ?? storage;
    if (problem) return sendProblem(res, problemJson(problem, languageAsked(req.headers)));
    if (isClientFault(error)) return sendProblem(res, problemJson({ code: "unreadable" }, languageAsked(req.headers)));
    deps.onError(error, `answering ${req.method} ${req.path}`);
    sendProblem(res, {
      ...plainProblem(500, "Internal error", "Something went wrong in the portal."),
      requestId: res.getHeader("X-Request-Id"),
    });
  };
}

/** A 4xx that Express found, such as percent-encoding that is broken. */
const isClientFault = (error: unknown): boolean =>
  typeof error === "object" &&
  error !== null &&
  "status" in error &&
  typeof error.status === "number" &&
  error.status >= 400 &&
  error.status < 500;
