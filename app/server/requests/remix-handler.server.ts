/**
 * Hands a request to Remix. Its own Express adapter streams bodies of any length and builds the URL from headers that
 * anybody can write; here the body is bounded and whole, and the URL has the origin that was checked.
 */
import { createRequestHandler, writeReadableStreamToWritable } from "@remix-run/node";
import type { AppLoadContext, ServerBuild } from "@remix-run/server-runtime";
import type { Request as ExpressRequest, RequestHandler, Response as ExpressResponse } from "express";
import type { BodyCaller, BodyReader } from "./request-body.server.ts";

export interface RemixDeps {
  readonly bodies: BodyReader;
  readonly bodyCaller: (req: ExpressRequest) => Promise<BodyCaller>;
  readonly loadContext: (req: ExpressRequest, res: ExpressResponse) => Promise<AppLoadContext>;
}

/** What browsers send for a form without files, which is all that pages have. */
const formType = /^application\/x-www-form-urlencoded\s*(;|$)/i;

/** `build`: the built pages, or a function that loads them from the sources for each request, as a development server does. */
export function remixHandler(build: ServerBuild | (() => Promise<ServerBuild>), deps: RemixDeps): RequestHandler {
  const handle = createRequestHandler(build, typeof build === "function" ? "development" : "production");
  const answer = async (req: ExpressRequest, res: ExpressResponse): Promise<void> => {
    const body = isRead(req) ? null : await deps.bodies.read(req, await deps.bodyCaller(req), formType);
    const context = await deps.loadContext(req, res);
    await send(res, await handle(webRequest(req, res, body), context));
  };
  return (req, res, next) => void answer(req, res).catch(next);
}

const isRead = (req: ExpressRequest): boolean => req.method === "GET" || req.method === "HEAD";

function webRequest(req: ExpressRequest, res: ExpressResponse, body: Buffer | null): Request {
  const stopped = new AbortController();
  res.once("close", () => res.writableFinished || stopped.abort());
  const sent = body === null ? {} : { body: new Uint8Array(body) };
  return new Request(`http://${req.headers.host ?? ""}${req.originalUrl}`, {
    method: req.method,
    headers: headersOf(req),
    signal: stopped.signal,
    ...sent,
  });
}

/** Checked before; Remix compares them again by rules of its own and breaks where they are no host names. */
const keptBack = /^(origin|forwarded|x-forwarded-.*)$/;

function headersOf(req: ExpressRequest): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(req.headers)) {
    if (keptBack.test(name)) continue;
    for (const one of Array.isArray(value) ? value : [value ?? ""]) headers.append(name, one);
  }
  return headers;
}

async function send(res: ExpressResponse, response: Response): Promise<void> {
  res.status(response.status);
  for (const [name, value] of response.headers) res.append(name, value);
  if (response.body === null) res.end();
  else await writeReadableStreamToWritable(response.body, res);
}
