/** The portal's HTTP server: pages, JSON API, browser files, sockets, and what stands in front of all of them. */
import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { ServerBuild } from "@remix-run/server-runtime";
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response } from "express";
import type { Logger } from "pino";
import { pageRules } from "#app/domain/access.ts";
import { pageAddress } from "#app/domain/page-address.ts";
import { type ProblemDetail, problemOf } from "#app/domain/problem.ts";
import type { Journal } from "#app/ports/journal.ts";
import type { OperationStore } from "#app/ports/operation-store.ts";
import type { Language, Services } from "#app/services/portal.ts";
import type { Sessions } from "#app/services/people/sessions.ts";
import { storageProblemOf } from "#app/services/storage/storage-problem.ts";
import { endpoints } from "#app/server/api/endpoints.ts";
import { openApiDocument } from "#app/server/api/document.ts";
import { problemJson, sendProblem } from "#app/server/api/problem-json.ts";
import { apiRouter } from "#app/server/api/router.ts";
import { browserFiles, compressedAnswers } from "./http/assets.server.ts";
import { callerFrom } from "./http/caller.server.ts";
import { createFeed } from "#app/server/socket/feed.server.ts";
import { pages } from "./http/pages.server.ts";
import { plainPage } from "./http/plain-page.server.ts";
import { troubleTo } from "#app/server/logger.server.ts";
import { clientAddressBehind } from "#app/server/requests/client-address.server.ts";
import { limitConnections } from "#app/server/requests/connection-limit.server.ts";
import { longPolls } from "#app/server/requests/long-polls.server.ts";
import { plainAddress, plainQuery } from "#app/server/requests/plain-request.server.ts";
import { bodyReader } from "#app/server/requests/request-body.server.ts";
import { sessionCookie } from "./http/session-cookie.server.ts";
import { attachSockets, type SocketLimits } from "#app/server/socket/socket.server.ts";
import { languageAsked, wordsIn } from "./http/words.server.ts";
import { guardOrigin, makeNonce, nonceOf, securityHeaders, type WebOrigin } from "./http/web-security.server.ts";

export interface HttpDeps {
  readonly services: Services;
  readonly sessions: Sessions;
  readonly operations: OperationStore;
  readonly journal: Journal;
  readonly site: WebOrigin;
  readonly cookieKey: Buffer;
  readonly language: Language;
  readonly records: Logger;
  /** Resolves when the stores answer. */
  readonly healthy: () => Promise<void>;
  /** The built pages; null before they are built. */
  readonly build: ServerBuild | null;
  /** Folder of the browser's files; null before they are built. */
  readonly browserFolder: string | null;
  readonly socketLimits?: Partial<SocketLimits>;
  /** Addresses and ranges of proxies whose `X-Forwarded-For` counts. */
  readonly trustedProxies?: readonly string[];
}

export interface HttpServer {
  readonly server: Server;
  readonly openSockets: () => number;
  /** Stops taking requests, closes sockets with "come back", waits for what is being answered, at most `graceMs`. */
  close(graceMs: number): Promise<void>;
}

export function createHttpServer(deps: HttpDeps): HttpServer {
  const feed = createFeed(deps.journal);
  const cookie = sessionCookie(deps.cookieKey, deps.site.publicUrl);
  const whoIs = callerFrom(deps.sessions, cookie);
  const onError = troubleTo(deps.records);
  const app = express();
  const clientAddress = clientAddressBehind(deps.trustedProxies ?? []);
  const bodies = bodyReader();
  const server = createServer(serverLimits, app);
  server.maxHeadersCount = headersRead;
  limitConnections(server, deps.trustedProxies ?? []);
  const sockets = attachSockets(server, { ...deps, feed, whoIs, onError, clientAddress, limits: deps.socketLimits ?? {} });
  app.disable("x-powered-by").enable("case sensitive routing").set("query parser", "simple").set("etag", false);
  app.get("/healthz", health(deps));
  app.use(nameRequest, record(deps.records), makeNonce, securityHeaders(deps.site), guardOrigin(deps.site));
  app.use(plainAddress, compressedAnswers, jsonAtPages);
  const document = onceMade(() => openApiDocument(endpoints));
  app.use("/api/v1", apiRouter({ services: deps.services, feed, whoIs, onError, bodies, longPolls: longPolls() }, endpoints, document));
  if (deps.browserFolder !== null) app.use(browserFiles(deps.browserFolder));
  const pageDeps = {
    ...deps,
    cookie,
    whoIs,
    bodies,
    clientAddress,
    fallbackLanguage: deps.language,
    requestId,
    onSessionEnd: sockets.recheck,
  };
  app.use(plainQuery, ...pages(pageDeps, deps.build));
  app.use(lastResort(onError));
  return {
    server,
    openSockets: sockets.open,
    close: (graceMs) => close(server, [() => feed.close()], () => sockets.drain(graceMs / 2), graceMs),
  };
}

/** A request that is not whole in time is ended with 408, however slowly it comes. */
const serverLimits = { requestTimeout: 30_000, headersTimeout: 15_000, connectionsCheckingInterval: 5_000, maxHeaderSize: 16_384 };
const headersRead = 100;

function onceMade<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const requestId = (res: Response): string => String(res.getHeader("X-Request-Id"));

const nameRequest: RequestHandler = (_req, res, next) => {
  res.setHeader("X-Request-Id", randomUUID());
  next();
};

/** The path is recorded by its pattern where it may carry a one-time link; the query never. */
function record(records: Logger): RequestHandler {
  return (req, res, next) => {
    const began = performance.now();
    const path = recordedPath(req.path);
    res.once("close", () => {
      records.info(
        { id: requestId(res), method: req.method, path, status: res.statusCode, ms: Math.round(performance.now() - began) },
        "request",
      );
    });
    next();
  };
}

const longestRecordedPath = 300;

function recordedPath(path: string): string {
  const pattern = pageAddress(pageRules, path)?.door.path ?? "";
  if (/join/i.test(path)) return pattern.startsWith("/join/") ? pattern : "/join/…";
  return path.slice(0, longestRecordedPath);
}

function health(deps: HttpDeps): RequestHandler {
  return (_req, res) => {
    deps.healthy().then(
      () => void res.json({ ok: true }),
      () => void res.status(503).json({ ok: false }),
    );
  };
}

/** A page's address answers JSON to whom asks for it: it is the API's answer at the same path. */
const jsonAtPages: RequestHandler = (req, _res, next) => {
  if (wantsJson(req) && !req.path.startsWith("/api/")) req.url = `/api/v1${req.url}`;
  next();
};

function wantsJson(req: Request): boolean {
  if (req.query.format === "json") return true;
  const accept = req.headers.accept ?? "";
  return accept.includes("application/json") && !accept.includes("text/html") && !accept.includes("*/*");
}

function lastResort(onError: (error: unknown, doing: string) => void): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error);
    const storage = storageProblemOf(error);
    if (storage) onError(error, `answering ${req.method} ${req.path}`);
    const problem = storage ?? problemOf(error);
    if (problem) return sayProblem(req, res, problem);
    const status = typeof error === "object" && error !== null && "status" in error ? Number(error.status) : 500;
    const fault = status >= 400 && status < 500;
    if (!fault) onError(error, `answering ${req.method} ${req.path}`);
    res.status(fault ? status : 500).type("text/plain");
    res.send(fault ? "The request cannot be read.\n" : `Something went wrong in the portal. Request ${requestId(res)}.\n`);
  };
}

/** Before any page could be made: one sentence, in the reader's language. */
function sayProblem(req: Request, res: Response, problem: ProblemDetail): void {
  if ("retryAfterSeconds" in problem) res.setHeader("Retry-After", String(problem.retryAfterSeconds));
  const language = languageAsked(req.headers);
  const body = problemJson(problem, language);
  if (req.originalUrl.startsWith("/api/") || wantsJson(req)) return sendProblem(res, body);
  const { status, detail } = body;
  const seconds = status === 503 && "retryAfterSeconds" in problem ? problem.retryAfterSeconds : null;
  res.status(status).set("Cache-Control", "no-store");
  if (req.accepts(["text", "html"]) !== "html") return void res.type("text/plain").send(`${detail}\n`);
  res.type("html").send(plainPage({ language, words: wordsIn(language), sentence: detail, seconds, nonce: nonceOf(res) }));
}

async function close(server: Server, after: readonly (() => void)[], drain: () => Promise<void>, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  await drain();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs / 2);
  await closed;
  clearTimeout(timer);
  for (const act of after) act();
}
