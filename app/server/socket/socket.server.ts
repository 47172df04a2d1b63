/**
 * WebSockets: of an operation (`/ws/operations/:id?after=<seq>`), and of hints for pages with lists (`/ws/changes`). Host, origin,
 * session and right are checked before the
 * upgrade and again while it is open; every other path is refused. The server speaks, the viewer only listens.
 */
import type { IncomingHttpHeaders, IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Journal } from "#app/ports/journal.ts";
import type { OperationStore } from "#app/ports/operation-store.ts";
import { storageTroubleOf } from "#app/ports/storage-trouble.ts";
import type { WhoIs } from "#app/server/http/caller.server.ts";
import { type ChangeHints, createChangeHints } from "#app/server/change-hints.server.ts";
import { createFanOut, type FanOut } from "./fan-out.server.ts";
import type { Feed } from "./feed.server.ts";
import type { ClientAddress } from "#app/server/requests/client-address.server.ts";
import { startRechecks } from "./rechecks.server.ts";
import { type WaiterLimits, WaiterLimiter } from "#app/server/requests/waiter-limiter.server.ts";
import { judge, TenantCache, type Refusal, type Ticket } from "./upgrade.server.ts";
import { Viewer, type ViewerLimits } from "./viewer.server.ts";
import type { WebOrigin } from "#app/server/http/web-security.server.ts";

export interface SocketDeps {
  readonly operations: OperationStore;
  readonly journal: Journal;
  readonly feed: Feed;
  readonly whoIs: WhoIs;
  readonly site: WebOrigin;
  readonly clientAddress: ClientAddress;
  readonly onError: (error: unknown, doing: string) => void;
  readonly limits?: Partial<SocketLimits>;
}

export interface SocketLimits extends ViewerLimits, WaiterLimits {
  readonly pingMs: number;
  readonly recheckMs: number;
}

export interface Sockets {
  /** Closes every socket with "come back later" and waits until they are gone, at most `graceMs`. */
  drain(graceMs: number): Promise<void>;
  /** Checks every open socket's right now, e.g. after a sign-out. */
  recheck(): void;
  readonly open: () => number;
}

const usual: SocketLimits = {
  pingMs: 30_000,
  recheckMs: 5_000,
  highWater: 262_144,
  stallMs: 60_000,
  perPerson: 100,
  perTenant: 4_000,
  perAddress: 1_000,
  total: 12_000,
};

export function attachSockets(server: Server, deps: SocketDeps): Sockets {
  const limits = { ...usual, ...deps.limits };
  const wss = new WebSocketServer({ noServer: true, maxPayload: 1024, perMessageDeflate: false, clientTracking: false, autoPong: false });
  const viewers = new Map<Viewer, IncomingHttpHeaders>();
  const waiting = new WaiterLimiter(limits);
  const fanOut = createFanOut(deps);
  const hints = createChangeHints(deps);
  let draining = false;
  // Counted with those that are open: otherwise any number of requests could wait for their verdict.
  let judged = 0;
  const owners = new TenantCache(deps.operations);
  const admit = (request: IncomingMessage, socket: Duplex, head: Buffer, ticket: Ticket) => {
    const refusal = draining ? 503 : waiting.refusal(ticket.viewing);
    if (refusal !== null) return refuse(socket, refusal);
    wss.handleUpgrade(request, socket, head, (ws) => welcome(ws, socket, ticket, limits, { viewers, waiting, fanOut, hints }));
  };
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", destroySocket);
    if (draining || judged + viewers.size >= limits.total) return refuse(socket, 503);
    judged += 1;
    judge(request, { ...deps, owners })
      .then((verdict) => (verdict.ticket ? admit(request, socket, head, verdict.ticket) : refuse(socket, verdict.status)))
      .catch((error: unknown) => {
        deps.onError(error, "opening a socket");
        refuse(socket, storageTroubleOf(error) === null ? 500 : 503);
      })
      .finally(() => {
        judged -= 1;
      });
  });
  const beat = setInterval(() => void inTurns([...viewers.keys()], (v) => v.beat()), limits.pingMs).unref();
  const rechecks = startRechecks(viewers, deps.whoIs, limits.recheckMs);
  return {
    recheck: rechecks.now,
    open: () => viewers.size,
    drain: async (graceMs) => {
      draining = true;
      clearInterval(beat);
      rechecks.stop();
      hints.close();
      const gone: Promise<void>[] = [];
      await inTurns([...viewers.keys()], (v) => gone.push(v.goAway(graceMs, "the portal is stopping")));
      await Promise.all(gone);
    },
  };
}

/** Of its own, because a closure would keep the whole request for as long as the socket is open. */
function destroySocket(this: Duplex): void {
  this.destroy();
}

interface SocketRegistry {
  readonly viewers: Map<Viewer, IncomingHttpHeaders>;
  readonly waiting: WaiterLimiter;
  readonly fanOut: FanOut;
  readonly hints: ChangeHints;
}

function welcome(
  ws: WebSocket,
  socket: Duplex,
  { viewing, actor, headers }: Ticket,
  limits: ViewerLimits,
  { viewers, waiting, fanOut, hints }: SocketRegistry,
): void {
  const viewer = new Viewer(ws, socket, viewing, actor, limits);
  viewers.set(viewer, headers);
  waiting.enter(viewing);
  const leave = viewing.operationId === null ? hints.join(viewer) : fanOut.join(viewing.operationId, viewer);
  ws.once("close", () => {
    viewers.delete(viewer);
    waiting.leave(viewing);
    leave();
  });
}

const viewersPerTurn = 500;

/** Thousands at once would keep everybody else waiting. */
async function inTurns(viewers: readonly Viewer[], act: (viewer: Viewer) => void): Promise<void> {
  for (let at = 0; at < viewers.length; at += viewersPerTurn) {
    for (const viewer of viewers.slice(at, at + viewersPerTurn)) act(viewer);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const reasons: Readonly<Record<Refusal | 500, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  421: "Misdirected Request",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

function refuse(socket: Duplex, status: Refusal | 500): void {
  socket.end(`HTTP/1.1 ${status} ${reasons[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}
