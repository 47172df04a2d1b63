/** Who sends a request: by session cookie or by bearer token, never by both. */
import type { IncomingHttpHeaders } from "node:http";
import type { Actor } from "#app/domain/tenant.ts";
import type { Sessions } from "#app/services/people/sessions.ts";
import type { SessionCookie } from "./session-cookie.server.ts";

export interface Caller {
  readonly actor: Actor | null;
  /** The session's secret when the caller came with a cookie. */
  readonly session: string | null;
}

export type WhoIs = (headers: IncomingHttpHeaders) => Promise<Caller>;

export function callerFrom(sessions: Sessions, cookie: SessionCookie): WhoIs {
  return async (headers) => {
    const bearer = /^bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
    // A wrong token is nobody, even beside a good cookie: otherwise the cookie would escape the origin check.
    if (headers.authorization !== undefined) return { actor: bearer ? await sessions.byToken(bearer) : null, session: null };
    const session = cookie.read(headers.cookie);
    return { actor: session === null ? null : await sessions.bySession(session), session };
  };
}
