/** The pages: who asks is known before Remix runs, and every loader finds it in the load context. */
import { createRequestHandler } from "@remix-run/express";
import type { AppLoadContext, ServerBuild } from "@remix-run/server-runtime";
import type { Request, RequestHandler, Response } from "express";
import { doorOf, isOpen, pageDoors } from "#app/domain/access.ts";
import { negotiateLanguage } from "#app/messages/languages.ts";
import type { Language, Services, SessionDoor, Theme } from "#app/services/portal.ts";
import type { Sessions } from "#app/services/sessions.ts";
import type { Caller, WhoIs } from "./caller.server.ts";
import { cookieOf, type SessionCookie } from "./session-cookie.server.ts";
import { nonceOf } from "./web-security.server.ts";

export interface PageDeps {
  readonly services: Services;
  readonly sessions: Sessions;
  readonly cookie: SessionCookie;
  readonly whoIs: WhoIs;
  readonly fallbackLanguage: Language;
  readonly requestId: (res: Response) => string;
  /** Sockets of an ended session are closed at once. */
  readonly onSessionEnd: () => void;
}

/** Answers everything; before the pages are built it says so. */
export function pages(deps: PageDeps, build: ServerBuild | null): readonly RequestHandler[] {
  if (build === null) return [notBuilt];
  const render = createRequestHandler({ build, mode: "production", getLoadContext: (req, res) => contextOf(deps, req, res) });
  return [guardDoor(deps), (req, res, next) => void render(req, res, next)];
}

const notBuilt: RequestHandler = (_req, res) => {
  res.status(503).set("Retry-After", "5").type("text/plain").send("The pages are not built yet.\n");
};

/** Whoever is nobody is led to the sign-in page before any loader runs; data requests of a page are answered by its loader. */
function guardDoor(deps: PageDeps): RequestHandler {
  return (req, res, next) => {
    res.set("Cache-Control", "no-store");
    const door = doorOf(pageDoors, pagePath(req.path));
    const verb = door && (req.method === "GET" || req.method === "HEAD" ? door.read : door.write);
    if (door && verb === null) return void res.status(405).set("Allow", door.write === null ? "GET" : "GET, POST").type("text/plain").send("This page takes no such request.\n");
    if (!door || verb === null || isOpen(verb) || isDataRequest(req)) return next();
    deps.whoIs(req.headers).then(({ actor }) => (actor ? next() : res.redirect(303, signInFor(req))), next);
  };
}

/** Remix asks for `/path.data`; the page itself is `/path`. */
const pagePath = (path: string): string => (path === "/_root.data" ? "/" : path.replace(/\.data$/, ""));
const isDataRequest = (req: Request): boolean => req.path.endsWith(".data") || req.query._data !== undefined;

function signInFor(req: Request): string {
  const wanted = req.method === "GET" && req.originalUrl !== "/" ? `?next=${encodeURIComponent(req.originalUrl)}` : "";
  return `/sign-in${wanted}`;
}

async function contextOf(deps: PageDeps, req: Request, res: Response): Promise<AppLoadContext> {
  const caller = await deps.whoIs(req.headers);
  const cookies = req.headers.cookie;
  return {
    services: deps.services,
    actor: caller.actor,
    session: sessionDoor(deps, caller, addressOf(req)),
    language: languageOf(cookieOf(cookies, "language"), req.headers["accept-language"], deps.fallbackLanguage),
    theme: themeOf(cookieOf(cookies, "theme")),
    nonce: nonceOf(res),
    requestId: deps.requestId(res),
  };
}

/** The configured language is for browsers that ask for none. */
const languageOf = (chosen: string | null, accepted: string | undefined, fallback: Language): Language =>
  negotiateLanguage(chosen ?? (accepted === undefined || accepted === "*" ? fallback : null), accepted ?? null);

const themeOf = (chosen: string | null): Theme => (chosen === "light" || chosen === "dark" ? chosen : "system");

/** Behind the launcher's forwarder all callers share one address: then only the account is throttled by itself. */
export const addressOf = (req: Request): string => req.socket.remoteAddress ?? "forwarder";

function sessionDoor(deps: PageDeps, caller: Caller, address: string): SessionDoor {
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
