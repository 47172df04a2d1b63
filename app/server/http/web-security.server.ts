/** What keeps other sites out: allowed host names, same-origin checks on everything that changes, headers. */
import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { RequestHandler, Response } from "express";
import helmet from "helmet";

export interface WebOrigin {
  /** e.g. `https://berth.example.org`; what people type. */
  readonly publicUrl: string;
}

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);
const loopback = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/;

/**
 * The portal answers to its public name and to loopback names (a tunnel may end on any local port) and to no other, so
 * that a foreign name that resolves to this machine reaches nothing.
 */
export function isKnownHost(host: string | undefined, site: WebOrigin): boolean {
  return isPublicHost(host, site) || isLoopbackHost(host);
}

/** In any letter case, with or without the port that the scheme has anyway. */
const isPublicHost = (host: string | undefined, site: WebOrigin): boolean =>
  hostIn(host, new URL(site.publicUrl).protocol) === new URL(site.publicUrl).host;

const isLoopbackHost = (host: string | undefined): boolean => loopback.test(hostIn(host, "http:") ?? "");

/** The host as a URL has it; null when it cannot be one, such as with port 99999. */
function hostIn(host: string | undefined, protocol: string): string | null {
  const url = `${protocol}//${host ?? ""}`;
  return /^[\w.:[\]-]+$/.test(host ?? "") && URL.canParse(url) ? new URL(url).host : null;
}

/** The request comes from a page of the portal itself, as the browser says. */
export function isSameOrigin(headers: IncomingHttpHeaders, site: WebOrigin): boolean {
  const fetchSite = headers["sec-fetch-site"];
  if (fetchSite !== undefined && fetchSite !== "same-origin" && fetchSite !== "none") return false;
  if (headers.origin === undefined) return fetchSite !== undefined;
  return headers.origin === originOf(headers.host, site);
}

/** With scheme: a page of the same name that came without TLS may be anybody's. The portal itself speaks plain HTTP. */
function originOf(host: string | undefined, site: WebOrigin): string | null {
  if (isPublicHost(host, site)) return new URL(site.publicUrl).origin;
  return isLoopbackHost(host) ? `http://${hostIn(host, "http:")}` : null;
}

/**
 * Cross-site request forgery needs a cookie that the browser adds by itself; a bearer token is never added by itself.
 * A cookie without any word about its origin on an unsafe method is refused. Pages are stricter than the API, which
 * does nothing for nobody: a sign-in form of a foreign site comes without a cookie.
 */
export const mayChange = (method: string, path: string, headers: IncomingHttpHeaders, site: WebOrigin): boolean =>
  safeMethods.has(method) ||
  hasBearer(headers) ||
  isSameOrigin(headers, site) ||
  (headers.cookie === undefined && path.startsWith("/api/"));

export const hasBearer = (headers: IncomingHttpHeaders): boolean => /^bearer /i.test(headers.authorization ?? "");

export function guardOrigin(site: WebOrigin): RequestHandler {
  return (req, res, next) => {
    if (!isKnownHost(req.headers.host, site)) {
      res.status(421).type("text/plain").send("This address is not one of the portal's.\n");
    } else if (!mayChange(req.method, req.path, req.headers, site)) {
      res.status(403).type("text/plain").send("Refused: the request does not come from a page of the portal.\n");
    } else next();
  };
}

/** The nonce of this answer's scripts and styles; set before `securityHeaders`. */
export const nonceOf = (res: Response): string => String(res.locals.nonce);

export const makeNonce: RequestHandler = (_req, res, next) => {
  res.locals.nonce = randomBytes(16).toString("base64");
  next();
};

export function securityHeaders(site: WebOrigin): RequestHandler {
  const secure = site.publicUrl.startsWith("https:");
  const withNonce = (_req: unknown, res: unknown) => `'nonce-${nonceOf(res as Response)}'`;
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        "default-src": ["'none'"],
        "script-src": ["'self'", withNonce],
        "style-src": ["'self'", withNonce],
        // Position and size of components are style attributes; they cannot load or run anything.
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
      },
    },
    strictTransportSecurity: secure ? { maxAge: 31_536_000 } : false,
    // Not `no-referrer`: browsers then send `Origin: null` with the portal's own forms.
    referrerPolicy: { policy: "same-origin" },
    crossOriginEmbedderPolicy: false,
    xFrameOptions: { action: "deny" },
  });
}
