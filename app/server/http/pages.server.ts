/** The pages: who asks is known before Remix runs, and every loader finds it in the load context. */
import type { AppLoadContext, ServerBuild } from "@remix-run/server-runtime";
import type { Request, RequestHandler, Response } from "express";
import { type RouteRule, isOpen, pageRules, type Verb } from "#app/domain/access.ts";
import { pageAddress } from "#app/domain/page-address.ts";
import { notFound } from "#app/domain/problem.ts";
import type { Language, Services, SessionGateway, Theme } from "#app/services/portal.ts";
import type { Sessions } from "#app/services/people/sessions.ts";
import type { Caller, WhoIs } from "./caller.server.ts";
import { type ClientAddress, countedAddress } from "#app/server/requests/client-address.server.ts";
import { remixHandler } from "#app/server/requests/remix-handler.server.ts";
import type { BodyCaller, BodyReader } from "#app/server/requests/request-body.server.ts";
import { takeTurns, type Turns } from "#app/server/requests/turns.server.ts";
import { negotiateLanguage } from "./negotiate-language.server.ts";
import { cookieOf, type SessionCookie } from "./session-cookie.server.ts";
import { nonceOf } from "./web-security.server.ts";

export interface PageDeps {
  readonly services: Services;
  readonly sessions: Sessions;
  readonly cookie: SessionCookie;
  readonly whoIs: WhoIs;
  readonly bodies: BodyReader;
  readonly clientAddress: ClientAddress;
  readonly fallbackLanguage: Language;
  readonly requestId: (res: Response) => string;
  /** Sockets of an ended session are closed at once. */
  readonly onSessionEnd: () => void;
}

/** Answers everything; before the pages are built it shows that. */
export function pages(deps: PageDeps, build: ServerBuild | null): readonly RequestHandler[] {
  if (build === null) return [notBuilt];
  const turns = takeTurns();
  return [
    guardPages(deps),
    remixHandler(build, {
      bodies: deps.bodies,
      bodyCaller: (req) => bodyCallerOf(deps, req),
      loadContext: (req, res) => contextOf(deps, turns, req, res),
    }),
  ];
}

const notBuilt: RequestHandler = (_req, res) => {
  res.status(503).set("Retry-After", "5").type("text/plain").send("The pages are not built yet.\n");
};

/**
 * Whoever is nobody is led to the sign-in page before any loader runs and before a body is read; data requests of a page
 * are turned away by its loader or action, in the form that scripts follow. An address in another spelling is redirected to its
 * own: Remix would take both.
 */
function guardPages(deps: PageDeps): RequestHandler {
  return (req, res, next) => {
    res.set("Cache-Control", "no-store");
    const address = pageAddress(pageRules, req.path);
    if (address === null) return reads(req) ? next() : next(notFound());
    if (address.path !== req.path) return reads(req) ? res.redirect(308, address.path + searchOf(req)) : next(notFound());
    const verb = verbOf(address.door, req);
    if (verb === null) return refuseMethod(address.door, res);
    if (isOpen(verb) || req.path.endsWith(".data")) return next();
    deps.whoIs(req.headers).then(({ actor }) => (actor ? next() : res.redirect(303, signInFor(req))), next);
  };
}

const reads = (req: Request): boolean => req.method === "GET" || req.method === "HEAD";

function verbOf(door: RouteRule, req: Request): Verb | null {
  // Remix takes a data request that is no GET for an action.
  if (req.method === "HEAD" && req.path.endsWith(".data")) return null;
  if (reads(req)) return door.read;
  return req.method === "POST" ? door.write : null;
}

function refuseMethod(door: RouteRule, res: Response): void {
  res
    .status(405)
    .set("Allow", door.write === null ? "GET" : "GET, POST")
    .type("text/plain")
    .send("This page takes no such request.\n");
}

const searchOf = ({ originalUrl }: Request): string => (originalUrl.includes("?") ? originalUrl.slice(originalUrl.indexOf("?")) : "");

function signInFor(req: Request): string {
  const wanted = req.originalUrl.replace(/[?&]index(?==|&|$)=?/, "");
  return wanted === "/" || wanted === "/sign-out" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(wanted)}`;
}

/** Who is known while the body comes; the loader or action asks again when it is there. */
async function bodyCallerOf({ whoIs, clientAddress }: PageDeps, req: Request): Promise<BodyCaller> {
  const { actor } = await whoIs(req.headers);
  return actor === null ? { address: countedAddress(clientAddress(req)) } : { personId: actor.personId };
}

async function contextOf(deps: PageDeps, turns: Turns, req: Request, res: Response): Promise<AppLoadContext> {
  const caller = await deps.whoIs(req.headers);
  const cookies = req.headers.cookie;
  return {
    services: deps.services,
    actor: caller.actor,
    session: sessionGateway(deps, caller, deps.clientAddress(req)),
    language: languageOf(cookieOf(cookies, "language"), req.headers["accept-language"], deps.fallbackLanguage),
    theme: themeOf(cookieOf(cookies, "theme")),
    nonce: nonceOf(res),
    requestId: deps.requestId(res),
    renderTurn: (work) => turns(caller.actor?.personId ?? deps.clientAddress(req), work),
  };
}

/** The configured language is for browsers that ask for none. */
const languageOf = (chosen: string | null, accepted: string | undefined, fallback: Language): Language =>
  negotiateLanguage(chosen ?? (accepted === undefined || accepted === "*" ? fallback : null), accepted ?? null);

const themeOf = (chosen: string | null): Theme => (chosen === "light" || chosen === "dark" ? chosen : "system");

function sessionGateway(deps: PageDeps, caller: Caller, address: string): SessionGateway {
  const { sessions, cookie } = deps;
  // Signing in rotates: the session that the browser came with ends.
  const opened = async ({ secret, expiresAt }: { readonly secret: string; readonly expiresAt: number }) => {
    if (caller.session !== null) await sessions.signOut(caller.session);
    return cookie.issue(secret, expiresAt);
  };
  return {
    signIn: async (name, password) => opened(await sessions.signIn(name, password, address)),
    join: async (secret, name, password) => opened(await sessions.join(secret, name, password, address)),
    invitation: (secret) => sessions.invitation(secret),
    signOut: async () => {
      if (caller.session !== null) await sessions.signOut(caller.session);
      deps.onSessionEnd();
      return cookie.clear();
    },
  };
}
