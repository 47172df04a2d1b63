/**
 * The built pages over the fixture, on a loopback port: for looking at them and for the browser tests. The scenario
 * comes from a cookie; the running operation's socket sends what its first page leaves out.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ServerBuild } from "@remix-run/server-runtime";
import { parseCookie } from "cookie";
import express from "express";
import { type WebSocket, WebSocketServer } from "ws";
import { closeCodes } from "#app/domain/operation/stream.ts";
import { isOver } from "#app/domain/operation/operation.ts";
import { browserFiles, compressedAnswers } from "#app/server/http/assets.server.ts";
import { negotiateLanguage } from "#app/server/http/negotiate-language.server.ts";
import { remixHandler } from "#app/server/requests/remix-handler.server.ts";
import { bodyReader } from "#app/server/requests/request-body.server.ts";
import { makeNonce, nonceOf, securityHeaders } from "#app/server/http/web-security.server.ts";
import { fixtureContext, isScenario, type Scenario } from "./fixture.ts";
import { operations, previewing } from "./fixture-world.ts";

export interface FixturePortal {
  readonly url: string;
  /** Cuts every socket, as a restart of the portal does. */
  dropSockets(): void;
  /** Tells every page with lists that something changed. */
  hint(): void;
  /** Resolves when the next page with lists listens. */
  listening(): Promise<void>;
  close(): Promise<void>;
}

/** `folder`: what the page build wrote, with `client/` and `server/index.js`. Port 0: any free one. */
export async function startFixturePortal(folder: string, port = 0): Promise<FixturePortal> {
  const build = (await import(`${folder}/server/index.js`)) as ServerBuild;
  const app = express();
  app.use(compressedAnswers, browserFiles(`${folder}/client`));
  app.use(makeNonce, securityHeaders({ publicUrl: "http://127.0.0.1" }));
  app.all("*", remixHandler(build, { bodies: bodyReader(), bodyCaller: async () => ({ address: null }), loadContext: async (req, res) => contextFor(req.headers, nonceOf(res), req.path.endsWith(".data")) }));
  const server = createServer(app);
  const sockets = serveSockets(server);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    dropSockets: () => sockets.clients.forEach((socket) => void socket.terminate()),
    hint: () => sockets.clients.forEach((socket) => void (hinted.has(socket) && socket.send('{"changed":true}'))),
    listening: () => new Promise((resolve) => onListening.add(resolve)),
    close: () => closeAll(server, sockets),
  };
}

function contextFor(headers: { cookie?: string | undefined; "accept-language"?: string | undefined }, nonce: string, again: boolean) {
  const cookies = parseCookie(headers.cookie ?? "");
  const theme = cookies["theme"] === "light" || cookies["theme"] === "dark" ? cookies["theme"] : "system";
  const asked = cookies["scenario"];
  const scenario: Scenario = isScenario(asked) ? asked : "usual";
  return fixtureContext({ scenario, theme, language: negotiateLanguage(cookies["language"] ?? null, headers["accept-language"] ?? null), nonce, again });
}

/** Sockets of pages with lists. */
const hinted = new WeakSet<WebSocket>();
const onListening = new Set<() => void>();

/** Everything after the cursor, then the close that an operation that is over ends with. */
function serveSockets(server: Server): WebSocketServer {
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket, request) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://fixture");
    if (pathname === "/ws/changes") {
      hinted.add(socket);
      for (const tell of onListening) tell();
      return onListening.clear();
    }
    const operation = [...operations, previewing(true)].find((one) => pathname === `/ws/operations/${one.id}`);
    const entries = operation?.entries.filter((entry) => entry.seq > Number(searchParams.get("after"))) ?? [];
    if (entries.length > 0) socket.send(JSON.stringify({ entries }));
    if (operation === undefined || isOver(operation.state)) socket.close(closeCodes.over);
  });
  return sockets;
}

async function closeAll(server: Server, sockets: WebSocketServer): Promise<void> {
  for (const socket of sockets.clients) socket.terminate();
  sockets.close();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

