/**
 * WebSocket of an operation: `/ws/operations/:id?after=<seq>`. Host, origin, session and right are checked before the
 * upgrade and again while it is open; every other path is refused. The server speaks, the viewer only listens.
 */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { can, doorOf, ofTenant, socketDoors } from "#app/domain/access.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import type { OperationStore } from "#app/ports/operation-store.ts";
import type { WhoIs } from "./caller.server.ts";
import type { Feed } from "./feed.server.ts";
import { Viewer, type ViewerWish } from "./viewer.server.ts";
import { hasBearer, isKnownHost, isSameOrigin, type WebOrigin } from "./web-security.server.ts";

export interface SocketDeps {
  readonly operations: OperationStore;
  readonly feed: Feed;
  readonly whoIs: WhoIs;
  readonly site: WebOrigin;
  readonly onError: (error: unknown, doing: string) => void;
  readonly limits?: Partial<SocketLimits>;
}

export interface SocketLimits {
  readonly pingMs: number;
  readonly recheckMs: number;
  /** Unsent bytes at which sending pauses; what follows is read from the journal when the viewer has caught up. */
  readonly highWater: number;
  /** A viewer that does not read for so long is closed. */
  readonly stallMs: number;
  readonly perPerson: number;
  readonly total: number;
}

export interface Sockets {
  /** Closes every socket with "come back later" and waits until they are gone, at most `graceMs`. */
  drain(graceMs: number): Promise<void>;
  /** Checks every open socket's right now, e.g. after a sign-out. */
  recheck(): void;
  readonly open: () => number;
}

const usual: SocketLimits = { pingMs: 30_000, recheckMs: 5_000, highWater: 1_048_576, stallMs: 60_000, perPerson: 100, total: 10_000 };

export function attachSockets(server: Server, deps: SocketDeps): Sockets {
  const limits = { ...usual, ...deps.limits };
  const wss = new WebSocketServer({ noServer: true, maxPayload: 1024, perMessageDeflate: false, clientTracking: false });
  const viewers = new Set<Viewer>();
  const onGone = (viewer: Viewer) => viewers.delete(viewer);
  const admit = (request: IncomingMessage, socket: Duplex, head: Buffer, ticket: Ticket) =>
    wss.handleUpgrade(request, socket, head, (ws) => {
      viewers.add(new Viewer(ws, wishOf(deps, ticket), { ...deps, ...limits }, onGone));
    });
  let draining = false;
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    judge(request, deps, limits, viewers, draining).then(
      (verdict) => (verdict.ticket ? admit(request, socket, head, verdict.ticket) : refuse(socket, verdict.status)),
      (error: unknown) => {
        deps.onError(error, "opening a socket");
        refuse(socket, 500);
      },
    );
  });
  const beat = setInterval(() => each(viewers, (v) => v.beat()), limits.pingMs).unref();
  const recheck = () => each(viewers, (v) => v.recheck());
  const checks = setInterval(recheck, limits.recheckMs).unref();
  return {
    recheck,
    open: () => viewers.size,
    drain: async (graceMs) => {
      draining = true;
      clearInterval(beat);
      clearInterval(checks);
      await Promise.all([...viewers].map((v) => v.goAway(graceMs)));
    },
  };
}

const each = (viewers: ReadonlySet<Viewer>, act: (v: Viewer) => void): void => {
  for (const viewer of [...viewers]) act(viewer);
};

interface Ticket {
  readonly operation: Operation;
  readonly personId: string;
  readonly headers: IncomingMessage["headers"];
  readonly after: number;
}

type Verdict = { readonly ticket: Ticket } | { readonly ticket: null; readonly status: 400 | 401 | 403 | 404 | 421 | 429 | 503 };

const no = (status: Exclude<Verdict, { ticket: Ticket }>["status"]): Verdict => ({ ticket: null, status });

async function judge(request: IncomingMessage, deps: SocketDeps, limits: SocketLimits, viewers: ReadonlySet<Viewer>, draining: boolean): Promise<Verdict> {
  const wish = requestOf(request);
  if (!wish || !doorOf(socketDoors, wish.path)) return no(404);
  if (!isKnownHost(request.headers.host, deps.site)) return no(421);
  if (request.headers.origin === undefined ? !hasBearer(request.headers) : !isSameOrigin(request.headers)) return no(403);
  const { actor } = await deps.whoIs(request.headers);
  if (!actor) return no(401);
  if (draining || viewers.size >= limits.total) return no(503);
  if ([...viewers].filter((v) => v.personId === actor.personId).length >= limits.perPerson) return no(429);
  if (wish.after === null) return no(400);
  const operation = await deps.operations.get(wish.id);
  if (!operation || !can(actor, "operation.read", ofTenant(operation.tenantId))) return no(404);
  return { ticket: { operation, personId: actor.personId, headers: request.headers, after: wish.after } };
}

/** Path, id and cursor of the request; `after` is null when it is not a whole number. */
function requestOf(request: IncomingMessage): { path: string; id: string; after: number | null } | null {
  const target = `http://portal${request.url ?? ""}`;
  if (!URL.canParse(target)) return null;
  const url = new URL(target);
  const after = url.searchParams.get("after") ?? "0";
  return { path: url.pathname, id: url.pathname.split("/").at(-1) ?? "", after: /^\d{1,15}$/.test(after) ? Number(after) : null };
}

const reasons = { 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 421: "Misdirected Request", 429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable" } as const;

function refuse(socket: Duplex, status: keyof typeof reasons): void {
  socket.end(`HTTP/1.1 ${status} ${reasons[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}

const wishOf = (deps: SocketDeps, ticket: Ticket): ViewerWish => ({
  operationId: ticket.operation.id,
  personId: ticket.personId,
  after: ticket.after,
  isAllowed: () => stillAllowed(deps, ticket),
});

async function stillAllowed(deps: SocketDeps, { headers, operation, personId }: Ticket): Promise<boolean> {
  const { actor } = await deps.whoIs(headers);
  return actor?.personId === personId && can(actor, "operation.read", ofTenant(operation.tenantId));
}
